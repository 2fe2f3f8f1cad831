// A number for reading, with the decimal mark of the page's language; fields and attributes know only the point.
export function figure(value, places) {
  const digits = { minimumFractionDigits: places ?? 0, maximumFractionDigits: places ?? 6, useGrouping: false };
  return new Intl.NumberFormat(document.documentElement.lang || "en", digits).format(value);
}
