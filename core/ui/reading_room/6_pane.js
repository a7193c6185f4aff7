// One pane: a film, a heatmap over it or none, what stands beside them, and what a hand does to them.

const NEAR_ONE = 1e-3;

class Pane {
  /** @param {object} room that it is of: holds the view that all panes share. */
  constructor(room, number) {
    this.room = room;
    this.canvas = make("canvas", { role: "img" });
    this.cross = make("div", { class: "cross", "aria-hidden": "true", hidden: "" });
    this.right = make("span", { class: "side" }); // beside the title: on the film it would cover a marker, or look like one
    this.busy = make("div", { class: "busy" });
    this.divider = make("div", { class: "divider", role: "slider", tabindex: "0", "aria-label": "Original at its left, overlay at its right", "aria-valuemin": "0", "aria-valuemax": "100" });
    this.stage = make("div", { class: "stage", tabindex: "0", role: "application" }, [
      this.canvas, this.cross, this.divider, this.busy,
    ]);
    this.title = make("div", { class: "title", id: `title-${number}` });
    this.legend = make("div", { class: "legend" });
    this.element = make("figure", { class: "pane", "aria-labelledby": `title-${number}` }, [this.title, this.stage, this.legend]);
    this.outline = null; // of the lungs
    this.ctx = this.canvas.getContext("2d", { alpha: false });
    this.hands = new Map(); // fingers, or the mouse, that are down
    this.listen();
  }

  /** Take over what is to be shown. */
  show(given, film, heat) {
    this.given = given;
    this.film = film;
    this.heat = heat;
    this.title.replaceChildren(given.title, this.right);
    this.stage.setAttribute("aria-label", `${given.title}. Keys: press question mark.`);
    this.stage.classList.toggle("with-map", Boolean(heat));
    this.say(film ? "" : "Fetching the film …");
    const right = this.room.given.films[given.film].right;
    this.right.hidden = !right;
    this.right.title = right;
    this.right.textContent = "patient's right at the left, if hung as usual";
    this.write();
  }

  /** Words in the film's place. */
  say(text) {
    this.busy.textContent = text;
    this.busy.hidden = !text;
    this.canvas.setAttribute("aria-label", text ? `${this.given.alt}. ${text}` : this.given.alt);
  }

  /** What stands under the picture. */
  write() {
    const { look, given } = this.room;
    const { high, why_not: whyNot, says } = this.given;
    if (whyNot) this.legend.replaceChildren(make("span", { class: "note", text: whyNot }));
    else if (!high) this.legend.replaceChildren(make("span", { text: says ?? "" }));
    else {
      const colours = given.colours[look.colours];
      // Over mid grey and with the overlay's own cover, so that these colours are those in the picture.
      const stops = Array.from({ length: 11 }, (_, at) => {
        const [r, g, b] = colours.table.subarray(Math.floor(at * 25.5) * 3);
        return `rgb(${r} ${g} ${b} / ${(look.opacity * at) / 10})`;
      });
      const bar = make("span", { class: "scale", role: "img", "aria-label": "Colour scale from low to high evidence" });
      bar.style.background = `linear-gradient(90deg, ${stops}), #8a8a8a`;
      const line = look.contour ? ` Line at ${Math.round(look.level * 100)} % of the scale.` : "";
      this.legend.replaceChildren(
        make("span", { class: "bar" }, [make("span", { text: "low" }), bar, make("span", { text: high })]),
        make("span", { class: "small", text: `${says ?? ""}${line}` }),
      );
    }
  }

  /** How large a film pixel is on screen when the whole film is seen. */
  get fit() {
    return Math.min(this.canvas.width / this.film.width, this.canvas.height / this.film.height);
  }

  /** Where the film lies: screen pixels a film pixel, and its upper left corner, in whole pixels. */
  get place() {
    const { view } = this.room;
    let scale = this.fit * view.zoom;
    if (Math.abs(scale - 1) < NEAR_ONE) scale = 1;
    return {
      scale,
      x: Math.round(this.canvas.width / 2 - view.x * this.film.width * scale),
      y: Math.round(this.canvas.height / 2 - view.y * this.film.height * scale),
    };
  }

  /** A place on screen → the same on the film, 0…1 each way. */
  onFilm(clientX, clientY) {
    const box = this.canvas.getBoundingClientRect();
    const { scale, x, y } = this.place;
    return [
      ((clientX - box.left) * (this.canvas.width / box.width) - x) / scale / this.film.width,
      ((clientY - box.top) * (this.canvas.height / box.height) - y) / scale / this.film.height,
    ];
  }

  draw() {
    const { canvas, ctx, film, room } = this;
    ctx.fillStyle = "#000";
    ctx.fillRect(0, 0, canvas.width, canvas.height);
    if (!film || !canvas.width) return;
    const place = this.place;
    film.draw(ctx, place, room.tone);
    this.drawHeat(place);
    if (room.lungs && this.outline?.film === film) this.outline.draw(ctx, place);
  }

  drawHeat(place) {
    const { canvas, ctx, film, heat, room } = this;
    if (heat?.film !== film || room.hidden) return; // never one film's map over another
    const colours = room.given.colours[room.look.colours];
    const share = room.mode === "fade" ? room.fade : 1;
    if (room.mode === "swipe") {
      const from = Math.round(canvas.width * room.swipe);
      ctx.save();
      ctx.beginPath();
      ctx.rect(from, 0, canvas.width - from, canvas.height);
      ctx.clip();
      heat.draw(ctx, place, room.look, colours, share);
      ctx.restore();
    } else heat.draw(ctx, place, room.look, colours, share);
  }

  /** Fit the canvas to the page: as many pixels as the screen has there. */
  resize(height) {
    this.stage.style.height = height ? `${height}px` : "";
    const box = this.stage.getBoundingClientRect();
    const width = Math.max(1, Math.round(box.width * devicePixelRatio));
    const tall = Math.max(1, Math.round(box.height * devicePixelRatio));
    if (width !== this.canvas.width || tall !== this.canvas.height) {
      this.canvas.width = width;
      this.canvas.height = tall;
    }
  }

  /** The mark of the place looked at in another pane of the same film. */
  mark(x, y) {
    const { scale, x: left, y: top } = this.place;
    const sx = (left + x * this.film.width * scale) / devicePixelRatio;
    const sy = (top + y * this.film.height * scale) / devicePixelRatio;
    this.cross.style.transform = `translate(${sx}px, ${sy}px)`;
    this.cross.hidden = false;
  }

  /** Where original and overlay meet, 0…1 from the left. */
  divide(share) {
    this.divider.style.left = `${share * 100}%`;
    this.divider.setAttribute("aria-valuenow", Math.round(share * 100));
  }

  listen() {
    const { stage, room, hands } = this;
    const on = (kind, act, options) => stage.addEventListener(kind, (event) => this.film && act(event), options);
    on("wheel", (event) => {
      event.preventDefault(); // with the control key, which is how two fingers on a pad are told, the page would grow
      const step = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
      room.zoomAt(this, event.clientX, event.clientY, Math.exp(-event.deltaY * step * (event.ctrlKey ? 0.01 : 0.0015)));
    }, { passive: false });
    on("contextmenu", (event) => event.preventDefault());
    on("dblclick", () => room.fit());
    on("pointerdown", (event) => {
      if (event.target === this.divider) return;
      if (event.button !== 0 && event.button !== 2) return;
      stage.setPointerCapture(event.pointerId);
      if (event.isPrimary) hands.clear(); // the first one down: whatever was held before has been let go
      const tones = event.button === 2 || event.shiftKey || room.windowing;
      hands.set(event.pointerId, { x: event.clientX, y: event.clientY, tones });
    });
    on("pointermove", (event) => {
      room.lookAt(this, event.clientX, event.clientY);
      const hand = hands.get(event.pointerId);
      if (!hand) return;
      if (event.buttons === 0) { // let go where nobody heard it
        hands.delete(event.pointerId);
        return;
      }
      const dx = event.clientX - hand.x, dy = event.clientY - hand.y;
      if (hands.size === 2) this.pinch(hand, event);
      else if (hand.tones) room.changeTones(dx / 400, dy / 400);
      else room.pan(this, dx, dy);
      hand.x = event.clientX;
      hand.y = event.clientY;
    });
    whenLetGo(stage, (event) => hands.delete(event.pointerId)); // also while the next film is fetched
    on("pointerleave", () => room.lookAway());
    on("focus", () => { room.last = this; });
    this.divider.addEventListener("pointerdown", (event) => {
      this.divider.setPointerCapture(event.pointerId);
      this.sliding = true;
    });
    this.divider.addEventListener("pointermove", (event) => {
      if (!this.sliding) return;
      const box = stage.getBoundingClientRect();
      room.swipeTo((event.clientX - box.left) / box.width);
    });
    whenLetGo(this.divider, () => { this.sliding = false; });
    this.divider.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -0.05, ArrowRight: 0.05 }[event.key];
      if (!step || isBrowsers(event)) return;
      event.preventDefault();
      event.stopPropagation();
      room.swipeTo(room.swipe + step);
    });
  }

  /** Two fingers: their distance zooms, their middle moves. The one that stays down longer then moves the film. */
  pinch(hand, event) {
    const other = [...this.hands.values()].find((one) => one !== hand);
    hand.tones = other.tones = false;
    const before = Math.hypot(hand.x - other.x, hand.y - other.y);
    const after = Math.hypot(event.clientX - other.x, event.clientY - other.y);
    this.room.pan(this, (event.clientX - hand.x) / 2, (event.clientY - hand.y) / 2);
    if (before > 0) {
      this.room.zoomAt(this, (event.clientX + other.x) / 2, (event.clientY + other.y) / 2, after / before);
    }
  }
}

/** What to do once a pointer that pressed an element has gone up, or is lost to it. */
function whenLetGo(element, act) {
  element.addEventListener("pointerup", act);
  element.addEventListener("pointercancel", act);
  // A finger belongs to what it touched, a canvas, until we take it; that it is lost there means nothing.
  element.addEventListener("lostpointercapture", (event) => event.target === element && act(event));
}

/** An element: its attributes ("text" is what it says), and what is in it. */
function make(name, attributes = {}, children = []) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "text") element.textContent = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}
