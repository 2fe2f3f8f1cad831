// <copy-field>: adds a button that copies its read-only input. Without this file the text can be
// selected by hand.
class CopyField extends HTMLElement {
  connectedCallback() {
    const input = this.querySelector("input");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      input.select();
      // The clipboard is closed to pages served without encryption: then the selection is left.
      try {
        await navigator.clipboard.writeText(input.value);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Press Ctrl+C";
      }
    });
    this.append(button);
  }
}

customElements.define("copy-field", CopyField);
