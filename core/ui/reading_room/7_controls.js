// The bar above the panes, the help, and the keys. Every control has its key, and each is in the help.

const MODES = { side: "Side by side", swipe: "Swipe", fade: "Fade" };

/** Keys: what is pressed, how it is written in the help, what it does, what it calls. */
const KEYS = [
  [["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"], "← → ↑ ↓ or drag", "move the film", (room, key) => {
    const [dx, dy] = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[key];
    room.pan(room.active, dx, dy);
  }],
  [["+", "="], "+ or wheel, two fingers", "larger", (room) => room.zoomBy(1.25)],
  [["-", "_"], "−", "smaller", (room) => room.zoomBy(0.8)],
  [["f", "0"], "F or double click", "whole film", (room) => room.fit()],
  [["1"], "1", "one film pixel to one of the screen", (room) => room.oneToOne()],
  [["Shift+ArrowLeft", "Shift+ArrowRight"], "Shift ← → or right-drag, Shift-drag", "window narrower, wider",
    (room, key) => room.changeTones(key.endsWith("Left") ? -0.05 : 0.05, 0)],
  [["Shift+ArrowUp", "Shift+ArrowDown"], "Shift ↑ ↓", "level lower, higher",
    (room, key) => room.changeTones(0, key.endsWith("Up") ? -0.05 : 0.05)],
  [["w"], "W", "drag or one finger: window and level instead of moving", (room) => room.dragTones(!room.windowing)],
  [["i"], "I", "invert", (room) => room.invert()],
  [["r"], "R", "reset position, window and invert", (room) => room.reset()],
  [["[", "]"], "[ ]", "heatmap weaker, stronger", (room, key) => room.step("opacity", key === "[" ? -0.05 : 0.05)],
  [[",", "."], ", .", "contour lower, higher", (room, key) => room.step("level", key === "," ? -0.05 : 0.05)],
  [["c"], "C", "contour on or off", (room) => room.setLook({ contour: !room.look.contour })],
  [["m"], "M", "next colour map", (room) => room.nextColours()],
  [["h"], "H", "hide or show heatmap and contour", (room) => room.hide()],
  [["l"], "L", "outline of the lung fields on or off", (room) => room.outlineLungs(!room.lungs)],
  [["v"], "V", "side by side, swipe, fade", (room) => room.nextMode()],
  [["<", ">"], "< >", "swipe or fade towards original, overlay", (room, key) => room.slide(key === "<" ? -0.05 : 0.05)],
  [["s"], "S", "full screen", (room) => room.fullScreen()],
  [["?"], "?", "this list", (room) => room.help()],
];

const SIGN = /^[^a-z0-9]$/i; // Alt with a letter opens a menu of the browser, with a figure a tab

/** The row of a key, if it has one. */
function rowOf(key) {
  return KEYS.find(([keys]) => keys.includes(key));
}

/**
 * Whether a key is the browser's: with Control, Alt or Command it is. But many keyboards type [ with AltGr, which Windows
 * tells as Control and Alt, or with a Mac's Option, which is Alt: then it is our sign and nothing else.
 */
function isBrowsers(event) {
  const { ctrlKey, altKey, metaKey, key } = event;
  if (!ctrlKey && !altKey && !metaKey) return false;
  const typed = altKey && !metaKey && (!ctrlKey || event.getModifierState("AltGraph"));
  return !(typed && SIGN.test(key) && rowOf(key));
}

class Controls {
  constructor(room) {
    this.room = room;
    const button = (text, label, act) => {
      const name = label.startsWith(text) ? label : `${text}: ${label}`; // what is seen can be said to it
      const found = make("button", { type: "button", text, title: label, "aria-label": name });
      found.addEventListener("click", act);
      return found;
    };
    const range = (label, low, high, act) => {
      const input = make("input", { type: "range", min: low, max: high, step: 1, "aria-label": label });
      input.addEventListener("input", () => act(input.value / 100));
      return input;
    };
    this.modes = Object.fromEntries(
      Object.entries(MODES).map(([mode, title]) => [mode, button(title, `${title} (V)`, () => room.setMode(mode))]),
    );
    this.windowing = button("Window", "Window and level by dragging or with one finger (W)", () => room.dragTones(!room.windowing));
    this.invert = button("Invert", "Invert (I)", () => room.invert());
    this.opacity = range("Heatmap opacity, percent", 0, 100, (value) => room.setLook({ opacity: value }));
    this.contour = make("input", { type: "checkbox", "aria-label": "Closed contour" });
    this.contour.addEventListener("change", () => room.setLook({ contour: this.contour.checked }));
    this.level = range("Contour at, percent of the scale", 10, 90, (value) => room.setLook({ level: value }));
    this.colours = make("select", { "aria-label": "Colour map" });
    this.colours.addEventListener("change", () => room.setLook({ colours: this.colours.value }));
    this.lungs = make("input", { type: "checkbox", "aria-label": "Outline of the lung fields" });
    this.lungs.addEventListener("change", () => room.outlineLungs(this.lungs.checked));
    this.slider = range("From original to overlay, percent", 0, 100, (value) => room.slideTo(value));
    this.slider.title = "From original to overlay";
    this.question = button("?", "Keys (?)", () => room.help());
    const group = (label, children) => make("div", { class: "group", role: "group", "aria-label": label }, children);
    const labelled = (text, control) => make("label", {}, [make("span", { text }), control]);
    this.element = make("div", { class: "tools", role: "toolbar", "aria-label": "Viewer" }, [
      this.maps = group("Original and overlay", [...Object.values(this.modes), this.slider]),
      group("Position", [
        button("Fit", "Whole film (F)", () => room.fit()),
        button("1:1", "One film pixel to one of the screen (1)", () => room.oneToOne()),
        button("−", "Smaller (minus)", () => room.zoomBy(0.8)),
        button("+", "Larger (plus)", () => room.zoomBy(1.25)),
      ]),
      group("Tones", [this.windowing, this.invert, button("Reset", "Reset position, window and invert (R)", () => room.reset())]),
      this.heat = group("Heatmap", [
        labelled("Heatmap", this.opacity),
        make("label", {}, [this.contour, make("span", { text: "Contour" })]),
        this.level,
        this.colours,
      ]),
      this.fields = group("Lung fields", [
        make("label", { title: "Outline of the lung fields, dashed (L)" }, [this.lungs, make("span", { text: "Lungs" })]),
      ]),
      group("More", [button("Full screen", "Full screen (S)", () => room.fullScreen()), this.question]),
    ]);
    // Sliders, boxes and lists are read out as they are. A slider that is still held has not come to its "change".
    this.element.addEventListener("click", (event) => event.target.closest("button") && room.speak());
    this.element.addEventListener("change", () => room.reportSoon());
    const rows = KEYS.map(([, written, does]) =>
      make("tr", {}, [make("td", {}, [make("kbd", { text: written })]), make("td", { text: does })]));
    const close = button("Close", "Close (Esc)", () => room.help(false));
    this.help = make("div", { class: "help", role: "dialog", id: "keys", "aria-label": "Keys of the viewer", hidden: "" }, [
      close, make("table", {}, rows),
    ]);
    this.close = close;
    this.readout = make("output", { class: "readout", "aria-live": "off" });
    this.spoken = make("div", { class: "spoken", role: "status" });
  }

  /** Say in the controls what holds. */
  write() {
    const { room } = this;
    const { look, given } = room;
    for (const [mode, button] of Object.entries(this.modes)) button.setAttribute("aria-pressed", mode === room.mode);
    this.windowing.setAttribute("aria-pressed", room.windowing);
    this.invert.setAttribute("aria-pressed", room.inverted);
    this.slider.hidden = room.mode === "side";
    this.slider.value = Math.round((room.mode === "swipe" ? 1 - room.swipe : room.fade) * 100);
    this.opacity.value = Math.round(look.opacity * 100);
    this.contour.checked = look.contour;
    this.level.value = Math.round(look.level * 100);
    this.level.disabled = !look.contour;
    if (this.colours.options.length !== Object.keys(given.colours).length) {
      this.colours.replaceChildren(
        ...Object.values(given.colours).map((one) => make("option", { value: one.name, text: one.title })));
    }
    this.colours.value = look.colours;
    this.lungs.checked = room.lungs;
    this.fields.hidden = !Object.values(given.films).some((film) => film.outline);
    const any = room.panes.some((pane) => pane.heat);
    this.heat.hidden = this.maps.hidden = !any;
  }

  /** What a key does; nothing for keys that are not ours. */
  press(event) {
    if (isBrowsers(event)) return;
    event.stopPropagation(); // Streamlit has keys of its own
    const { room } = this;
    if (!this.help.hidden && event.key === "Escape") {
      room.help(false);
    } else if (!this.help.hidden && event.key === "Tab") {
      this.close.focus(); // the only thing to press there
    } else {
      // Sliders and buttons keep the keys that move or press them, a list also letters.
      const own = event.target.closest("input, select, button");
      if (own && (own === this.colours || /^(Arrow|Home|End|Page|Enter| |Tab)/.test(event.key))) return;
      const arrow = event.key.startsWith("Arrow");
      const key = arrow ? (event.shiftKey ? `Shift+${event.key}` : event.key) : event.key.toLowerCase();
      const row = rowOf(key);
      if (!row) return;
      row[3](room, key);
      room.speak();
      room.reportSoon();
    }
    event.preventDefault();
  }
}
