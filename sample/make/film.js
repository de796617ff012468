// film(c, t) draws the frame of second t on a 1280 by 720 canvas: how a grade comes together, in five scenes.
const PAPER = "#fbfaf6", INK = "#22201c", MUTED = "#5f5a50", LINE = "#e5e0d5", AEGEAN = "#1f558c", TERRACOTTA = "#b24e25", SOFT = "#e6eef7";

const clamp = x => Math.max(0, Math.min(1, x));
const ease = x => { x = clamp(x); return x * x * (3 - 2 * x); };
const part = (t, from, to) => ease((t - from) / (to - from));
const mix = (a, b, x) => a + (b - a) * x;
// visible is 1 between from and to, with soft edges.
const visible = (t, from, to, soft = 0.5) => Math.min(part(t, from, from + soft), 1 - part(t, to - soft, to));

function text(c, s, x, y, size, color, o = {}) {
  c.save();
  c.globalAlpha *= o.alpha ?? 1;
  c.fillStyle = color;
  c.font = `${o.weight ?? 600} ${size}px '${o.serif ? "Literata Variable" : "Inter Variable"}'`;
  c.textAlign = o.align ?? "center";
  c.textBaseline = "middle";
  c.fillText(s, x, y);
  c.restore();
}

function box(c, x, y, w, h, r, fill, stroke, dash) {
  c.beginPath();
  c.roundRect(x, y, w, h, r);
  if (fill) { c.fillStyle = fill; c.fill(); }
  if (stroke) { c.setLineDash(dash ?? []); c.strokeStyle = stroke; c.lineWidth = 3; c.stroke(); c.setLineDash([]); }
}

function line(c, x1, y1, x2, y2, color, width, dash) {
  c.beginPath();
  c.setLineDash(dash ?? []);
  c.moveTo(x1, y1);
  c.lineTo(x2, y2);
  c.strokeStyle = color;
  c.lineWidth = width;
  c.lineCap = "round";
  c.stroke();
  c.setLineDash([]);
}

// column is a Greek one, its shaft grown to the given share.
function column(c, x, base, w, h, grown, color) {
  const top = base - h * grown;
  c.fillStyle = color;
  c.beginPath();
  c.moveTo(x - w / 2, base);
  c.quadraticCurveTo(x - w * 0.46, base - h * grown * 0.6, x - w * 0.41, top);
  c.lineTo(x + w * 0.41, top);
  c.quadraticCurveTo(x + w * 0.46, base - h * grown * 0.6, x + w / 2, base);
  c.fill();
  for (const f of [-0.28, -0.1, 0.1, 0.28]) line(c, x + w * f, base - 6, x + w * f * 0.84, top + 6, "#d9cfbd", 2);
  box(c, x - w * 0.64, base - 8, w * 1.28, 14, 5, color);
  if (grown > 0.05) box(c, x - w * 0.62, top - 8, w * 1.24, 14, 5, color);
}

function walker(c, x, y, s, color, phase) {
  c.save();
  c.translate(x, y - Math.abs(Math.sin(phase)) * 3);
  c.scale(s, s);
  c.lineCap = "round";
  const swing = Math.sin(phase) * 11;
  line(c, 0, -34, swing, 0, "#8a5a3c", 6);
  line(c, 0, -34, -swing, 0, "#8a5a3c", 6);
  c.fillStyle = color;
  c.beginPath();
  c.moveTo(-13, -14);
  c.bezierCurveTo(-16, -44, -14, -76, -2, -86);
  c.bezierCurveTo(10, -88, 16, -76, 14, -58);
  c.lineTo(15, -14);
  c.closePath();
  c.fill();
  c.fillStyle = "#8a5a3c";
  c.beginPath();
  c.arc(4, -98, 11.5, 0, 7);
  c.fill();
  c.restore();
}

function caption(c, t, from, to, s, sub) {
  c.save();
  c.globalAlpha = visible(t, from, to, 0.45);
  text(c, s, 640, 636, 34, INK, { serif: true });
  if (sub) text(c, sub, 640, 680, 24, MUTED, { weight: 450 });
  c.restore();
}

// The answers of one homework: 2 is right, 1 is partly right, 0 is wrong.
const first = [2, 0, 2, 1, 0, 2, 0, 2, 2, 1], second = [2, 2, 2, 2, 1, 2, 2, 2, 2, 1];
const share = list => list.reduce((a, b) => a + b, 0) / (2 * list.length);

function pebble(c, x, y, r, value, shown) {
  if (shown <= 0) return;
  r *= mix(0.4, 1, shown);
  c.save();
  c.globalAlpha *= shown;
  c.beginPath();
  c.arc(x, y, r, 0, 7);
  c.fillStyle = value === 2 ? AEGEAN : "#fff";
  c.fill();
  if (value === 1) {
    c.beginPath();
    c.arc(x, y, r, Math.PI / 2, Math.PI * 1.5);
    c.fillStyle = AEGEAN;
    c.fill();
  }
  c.beginPath();
  c.arc(x, y, r, 0, 7);
  c.strokeStyle = AEGEAN;
  c.lineWidth = 3.5;
  c.stroke();
  c.restore();
}

function title(c, t) {
  const a = visible(t, -1, 4.3, 0.7);
  if (a <= 0) return;
  c.save();
  c.globalAlpha = a;
  for (let i = 0; i < 6; i++) column(c, 240 + i * 160, 560, 56, 250, mix(0.62 - i * 0.1, 1, part(t, 0.3 + i * 0.16, 1.3 + i * 0.16)), "#efe7d8");
  const roof = part(t, 1.5, 2.3);
  c.globalAlpha = a * roof;
  box(c, 184, 282, 912, 18, 3, AEGEAN);
  box(c, 168, 258, 944, 26, 4, TERRACOTTA);
  c.globalAlpha = a;
  line(c, 120, 568, 1160, 568, "#d8cfbf", 5);
  text(c, "How a grade comes together", 640, 150, 62, INK, { serif: true });
  text(c, "half a minute, without sound", 640, 210, 27, MUTED, { weight: 450 });
  walker(c, mix(120, 560, clamp(t / 4.3)), 566, 0.9, AEGEAN, t * 6);
  c.restore();
}

function row(c, list, y, name, t, begin, gather) {
  const together = part(t, gather, gather + 1.4);
  text(c, name, 150, y, 28, INK, { align: "left", alpha: part(t, begin - 0.3, begin + 0.3) });
  const total = list.reduce((a, b) => a + b, 0);
  box(c, 380, y - 24, 560, 48, 24, SOFT);
  c.save();
  c.beginPath();
  c.roundRect(380, y - 24, 560, 48, 24);
  c.clip();
  c.fillStyle = AEGEAN;
  c.fillRect(380, y - 24, 560 * share(list) * together, 48);
  c.restore();
  list.forEach((value, i) => {
    const shown = part(t, begin + i * 0.28, begin + i * 0.28 + 0.35) * (1 - together);
    pebble(c, 408 + i * 56, y, 17, value, shown);
  });
  const sum = list.slice(0, Math.max(0, Math.floor((t - begin) / 0.28 + 0.3))).reduce((a, b) => a + b, 0) / 2;
  text(c, `${String(sum).replace(".5", "½")} of ${list.length}`, 975, y, 30, AEGEAN, { align: "left", alpha: part(t, begin, begin + 0.4) * (1 - together) });
  text(c, `${Math.round(total * 50 / list.length)} %`, 975, y, 36, AEGEAN, { align: "left", weight: 700, alpha: together });
}

function answers(c, t) {
  const a = visible(t, 4.2, 20.2, 0.6);
  if (a <= 0) return;
  c.save();
  c.globalAlpha = a;
  text(c, "Homework", 640, 110, 44, INK, { serif: true });
  row(c, first, 250, "Homework 1", t, 5, 11);
  row(c, second, 390, "Homework 2", t, 6.4, 11.6);
  // the lower one is dropped
  const cut = part(t, 15.6, 16.6);
  if (cut > 0) {
    c.globalAlpha = a * cut * 0.72;
    c.fillStyle = PAPER;
    c.fillRect(130, 210, 1020, 80);
    c.globalAlpha = a;
    line(c, 140, 250, mix(140, 1090, cut), 250, TERRACOTTA, 6);
    text(c, "dropped", 640, 196, 30, TERRACOTTA, { alpha: part(t, 16.4, 17) });
    box(c, 130, 344, 1000, 92, 20, null, TERRACOTTA);
  }
  c.restore();
  caption(c, t, 4.8, 10.6, "Each answer earns points", "all of them, some of them, or none");
  caption(c, t, 10.9, 15.2, "Points earned, out of points possible", "make the score of a subsection");
  caption(c, t, 15.5, 20, "The lowest homework is dropped", "so one bad evening is forgiven");
}

function weights(c, t) {
  const a = visible(t, 20, 34.5, 0.6);
  if (a <= 0) return;
  c.save();
  c.globalAlpha = a;
  const base = 560, full = 460, x = 640, w = 150;
  // shares of the grade: 0.4 of 90 and 0.6 of 80
  const hw = part(t, 21.6, 23.2), quiz = part(t, 23.6, 25.2);
  const push = part(t, 29.6, 30.6);
  text(c, "Homework", 250, 220, 32, TERRACOTTA);
  text(c, "90 % × 0.4 = 36", 250, 268, 30, INK, { weight: 500, alpha: part(t, 20.9, 21.5) });
  text(c, "Final quiz", 250, 380, 32, AEGEAN, { alpha: part(t, 22.8, 23.3) });
  text(c, "80 % × 0.6 = 48", 250, 428, 30, INK, { weight: 500, alpha: part(t, 23, 23.6) });
  box(c, x - w / 2, base - full, w, full, 10, "#f3eee3");
  c.fillStyle = TERRACOTTA;
  c.fillRect(x - w / 2, base - full * 0.36 * hw, w, full * 0.36 * hw);
  c.fillStyle = AEGEAN;
  c.fillRect(x - w / 2, base - full * (0.36 + 0.48 * quiz), w, full * 0.48 * quiz);
  if (hw > 0.9) text(c, "36", x, base - full * 0.18, 40, "#fff", { alpha: part(t, 23, 23.5) });
  if (quiz > 0.9) text(c, "48", x, base - full * 0.6, 40, "#fff", { alpha: part(t, 25, 25.5) });
  for (const fx of [-0.3, -0.1, 0.1, 0.3]) line(c, x + w * fx, base - 8, x + w * fx, base - full + 8, "rgb(255 255 255 / .16)", 3);
  box(c, x - w * 0.66, base, w * 1.32, 20, 6, "#d8cfbf");
  [["A", 0.9], ["B", 0.75], ["C", 0.5]].forEach(([letter, at], i) => {
    const k = part(t, 26 + i * 0.35, 26.7 + i * 0.35);
    if (k <= 0) return;
    const y = base - full * at;
    const reached = letter === "B" && t > 28.6;
    line(c, x - w * 0.7, y, mix(x - w * 0.7, x + 150, k), y, reached ? INK : MUTED, reached ? 5 : 3, [10, 9]);
    text(c, `${letter} from ${Math.round(at * 100)} %`, x + 172, y, reached ? 36 : 30, reached ? INK : MUTED, { align: "left", weight: reached ? 750 : 500, alpha: k });
  });
  const sum = part(t, 28.3, 29);
  text(c, "36 + 48 = 84 %", 1010, 470, 42, INK, { alpha: sum, weight: 700 });
  text(c, "a B", 1010, 530, 46, TERRACOTTA, { alpha: part(t, 28.9, 29.5), serif: true });
  if (t > 29) walker(c, mix(100, 470, clamp((t - 29) / 3)), 578, 0.85, AEGEAN, Math.min(t, 32) * 6);
  c.restore();
  caption(c, t, 20.6, 25.7, "Each type of assignment has a weight", "and the weights add to one");
  caption(c, t, 25.9, 29.4, "Cutoffs turn the grade into a letter", "the highest one you reach");
  caption(c, t, 29.6, 34.6, "Your own numbers are on your progress page", "every one of them can be opened");
}

function film(c, t) {
  c.globalAlpha = 1;
  c.fillStyle = PAPER;
  c.fillRect(0, 0, 1280, 720);
  title(c, t);
  answers(c, t);
  weights(c, t);
}
