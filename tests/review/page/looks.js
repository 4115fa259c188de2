// What a page shows that is hard to read; each function answers the beginnings of the elements' sources.
const shown = (each) => each.checkVisibility() && !each.closest(".skip");
const source = (each) => each.outerHTML.slice(0, 90);
const texts = [...document.querySelectorAll("body *")].filter(
  (each) => shown(each) && [...each.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()),
);

function outside() {
  const is = (box) => box.width && (box.left < 0 || box.right > innerWidth + 1);
  const all = [...document.querySelectorAll("body *")].filter((each) => shown(each) && !each.closest("pre, [aria-hidden]"));
  const spills = (each) => each.clientWidth && each.scrollWidth > each.clientWidth + 1;
  return all.filter((each) => is(each.getBoundingClientRect()) || spills(each)).map(source);
}

function small() {
  return texts.filter((each) => parseFloat(getComputedStyle(each).fontSize) < 11).map(source);
}

// The contrast of WCAG 2, of each text to the first background behind it; a dash for no access is no text to read.
function pale() {
  const channels = (color) => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d");
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const linear = (one) => (one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
  const light = ([red, green, blue]) => 0.2126 * linear(red / 255) + 0.7152 * linear(green / 255) + 0.0722 * linear(blue / 255);
  const behind = (each) => {
    const color = channels(getComputedStyle(each).backgroundColor);
    return color[3] === 255 ? color : behind(each.parentElement);
  };
  const contrast = (each) => {
    const pair = [light(channels(getComputedStyle(each).color)), light(behind(each))];
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  };
  return texts.filter((each) => !each.closest("svg") && each.textContent !== "-" && contrast(each) < 4.5).map(source);
}
