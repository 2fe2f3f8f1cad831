// Shows hover and focus standing still: every rule for such a state is copied to a class, so that
// the page shows what the stylesheets say and not what somebody wrote down beside them.

const CLASSES = { ":hover": ".is-hover", ":focus-visible": ".is-focus", ":focus": ".is-focus" };
const STATES = /:hover\b|:focus-visible\b|:focus\b(?!-)/g;

function shown(rules) {
  for (let at = rules.cssRules.length - 1; at >= 0; at -= 1) {
    const rule = rules.cssRules[at];
    if (rule.selectorText?.match(STATES)) rules.insertRule(copied(rule), at + 1);
    else if (rule.cssRules?.length) shown(rule);
  }
}

function copied(rule) {
  return `${rule.selectorText.replaceAll(STATES, (state) => CLASSES[state])} { ${rule.style.cssText} }`;
}

for (const sheet of document.styleSheets) shown(sheet);
