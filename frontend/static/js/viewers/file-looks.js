// How a file asks to be shown beside the way it is shown at first, as a bar offers it.

import { said } from "./tools.js";

// ``listed``: of each its name, which may be empty, and what shows it so. They count from the second.
export function ofFile(listed) {
  const found = {};
  for (const [i, [name, ...what]] of listed.entries()) {
    const numbered = said("window {n}", { n: i + 2 });
    const told = said("File: {name}", { name: name ? said(name) : numbered });
    found[told in found ? `${told}, ${numbered}` : told] = what;
  }
  return found;
}

// Pictures that are fetched when they are first asked for, once for all views of a page.
const pictures = new Map();

// Null until it has come; ``come`` is called then.
export function pictureOf(url, come) {
  if (!pictures.has(url)) {
    const image = Object.assign(new Image(), { src: url });
    pictures.set(url, image);
    image.decode().then(come, () => pictures.delete(url));
  }
  const image = pictures.get(url);
  return image.complete && image.naturalWidth ? image : null;
}

export const forgetPictures = () => pictures.clear();
