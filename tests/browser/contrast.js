// The contrast of every text that can be seen, as it is drawn: colours with the opacity of all that
// they stand in, on what is painted behind them. Answers with those below what WCAG AA asks for.
() => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const paper = canvas.getContext("2d", { willReadFrequently: true });
  const rgba = (value) => {
    paper.clearRect(0, 0, 1, 1);
    paper.fillStyle = value;
    paper.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = paper.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((one, index) => one * a + below[index] * (1 - a));
  const light = (colour) => {
    const [r, g, b] = colour.map((one) => {
      const share = one / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const covers = (outer, inner) => outer.top <= inner.top + 1 && outer.bottom >= inner.bottom - 1;
  const behind = (element, box) => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) {
      const colour = rgba(getComputedStyle(one).backgroundColor);
      if (!covers(one.getBoundingClientRect(), box)) continue; // it stands beside, as a value above its slider
      if (colour[3]) layers.push(colour);
      if (colour[3] === 1) break;
    }
    // What is scrolled out of sight stands outside of the page's own box, and on its paper all the same.
    return layers.reverse().reduce((below, layer) => over(layer, below), rgba(getComputedStyle(document.body).backgroundColor));
  };
  const opacity = (element) => {
    let all = 1;
    for (let one = element; one; one = one.parentElement) all *= Number(getComputedStyle(one).opacity);
    return all;
  };
  const found = new Map();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const element = text.parentElement;
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const isOff = element.closest("[disabled], [aria-disabled=true], [data-disabled=true], svg, script, style, option, [data-testid=stIconMaterial]");
    if (!text.data.trim() || isOff || box.width < 3 || box.height < 3) continue;
    if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || style.clipPath !== "none") continue;
    const under = behind(element, box);
    const colour = rgba(style.color);
    const drawn = over([...colour.slice(0, 3), colour[3] * opacity(element)], under);
    const [high, low] = [light(drawn), light(under)].sort((one, other) => other - one);
    const ratio = (high + 0.05) / (low + 0.05);
    const size = parseFloat(style.fontSize), isLarge = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) {
      const place = `${element.tagName} ${element.closest("[data-testid]")?.dataset.testid ?? ""}`;
      found.set(`${place} ${style.color}`, `${ratio.toFixed(2)} ${place} ${style.color} "${text.data.trim().slice(0, 40)}"`);
    }
  }
  return [...found.values()];
}
