// What can be seen of a page at this width and in these colours: texts too faint, outside of the window, or cut by their box.
(() => {
  const seen = e => e.getClientRects().length > 0 && e.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true});
  const spoken = e => e.closest('.hidden, .skip, legend');  // for ears alone
  const rgba = s => { const m = s.match(/[\d.]+/g).map(Number); return [m[0], m[1], m[2], m[3] ?? 1]; };
  const over = (top, under) => top.slice(0, 3).map((c, i) => c * top[3] + under[i] * (1 - top[3])).concat(1);
  const parents = e => { const found = []; for (let n = e; n; n = n.parentElement) found.push(n); return found; };
  const ground = e => parents(e).reverse().reduce((u, n) => over(rgba(getComputedStyle(n).backgroundColor), u), [255, 255, 255, 1]);
  // WCAG 2.2, relative luminance and contrast ratio
  const linear = v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = c => .2126 * linear(c[0]) + .7152 * linear(c[1]) + .0722 * linear(c[2]);
  const contrast = (a, b) => (Math.max(light(a), light(b)) + .05) / (Math.min(light(a), light(b)) + .05);
  const scrolls = e => parents(e).some(n => /auto|scroll/.test(getComputedStyle(n).overflowX));
  const outside = e => { const r = document.createRange(); r.selectNodeContents(e);
    return [...r.getClientRects()].some(b => b.right > innerWidth + .5 || b.left < -.5); };

  const texts = new Map();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (walk.currentNode.data.trim() && !texts.has(e) && seen(e) && !spoken(e)) texts.set(e, walk.currentNode.data.trim().slice(0, 40));
  }
  const which = wrong => [...texts].filter(([e]) => wrong(e)).map(([, text]) => text);
  return {
    texts: texts.size,
    wider: Math.max(0, document.documentElement.scrollWidth - innerWidth),
    languages: [...document.querySelectorAll('div.view')].filter(seen).map(v => v.lang),
    faint: which(e => { const g = ground(e); return contrast(over(rgba(getComputedStyle(e).color), g), g) < 4.5; }),
    outside: which(e => outside(e) && !scrolls(e)),
    cut: which(e => { const c = getComputedStyle(e);
      return /hidden|clip/.test(c.overflowX + c.overflowY) && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1); }),
  };
})()
