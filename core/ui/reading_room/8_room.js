// The reading room: panes that share one view, and how Streamlit starts it. All that is done here stays here; only how
// overlays look is told to the server, soon after a change or once the viewer is left, so that downloads show what was
// seen.

const LARGEST = 40; // screen pixels a film pixel
const TIGHT = 1060; // pixels of width below which the bar needs its small letters to be one line
const NARROW = 0.1; // a window of fewer greys is moved, and told, in finer steps
const KEPT = 3; // films kept in memory, decoded: more than one viewer shows
const TRIES = [0, 300, 1200]; // waits before asking for a film, milliseconds
const PAUSE = 300; // after the last change of how overlays look, until the server is told, milliseconds

const films = new Map(); // address → promise of a Film, and what stops its fetching
const rooms = new WeakMap(); // Streamlit's element → Room

/** A film that the server no longer has: the visitor was quicker than the page, or the server was started anew. */
class LostFilm extends Error {}

class Room {
  constructor(parent, tell) {
    this.tell = tell;
    this.panes = [];
    this.looksTold = []; // those that the server has not answered yet
    this.mode = "side";
    this.swipe = 0.5;
    this.fade = 1;
    this.hidden = false;
    this.lungs = false;
    this.windowing = false; // whether a drag changes the window instead of moving the film
    this.controls = new Controls(this);
    this.grid = make("div", { class: "grid" });
    this.element = make("section", { class: "room", "aria-label": "Film viewer" }, [
      this.controls.element, this.grid, this.controls.readout, this.controls.help, this.controls.spoken,
    ]);
    this.element.addEventListener("keydown", (event) => this.controls.press(event));
    this.element.addEventListener("pointerleave", () => this.report());
    this.element.addEventListener("focusout", (event) => {
      if (!this.element.contains(event.relatedTarget)) this.report();
    });
    parent.querySelector(".waiting")?.remove();
    parent.append(this.element);
    this.observer = new ResizeObserver(() => this.layout());
    this.observer.observe(this.element);
    this.resized = () => this.layout();
    addEventListener("resize", this.resized);
    this.setView();
    this.frames = 0; // drawn so far
  }

  /** Show what the server gave; what was given before and is the same is not made anew. */
  async update(given) {
    this.hear(given.look);
    if (JSON.stringify(this.given?.films) !== JSON.stringify(given.films)) this.setView();
    for (const one of Object.values(given.colours)) one.table = bytesOf(one.table);
    this.given = given;
    while (this.panes.length > given.panes.length) this.panes.pop().element.remove();
    while (this.panes.length < given.panes.length) {
      const pane = new Pane(this, this.panes.length);
      pane.divide(this.swipe);
      this.panes.push(pane);
      this.grid.append(pane.element);
    }
    this.panes.forEach((pane, at) => pane.show(given.panes[at], pane.given?.film === given.panes[at].film ? pane.film : null, pane.heat));
    this.controls.write();
    this.layout();
    // Something newer may come while films are fetched, with addresses of its own.
    const past = () => this.given !== given || this.gone;
    await Promise.all(Object.entries(given.films).map(async ([key, { url, outline }]) => {
      const film = await filmAt(url).catch((error) => error);
      if (past()) return;
      if (film instanceof Error && !(film instanceof LostFilm)) throw film;
      const panes = this.panes.filter((pane) => pane.given.film === key);
      if (film instanceof LostFilm) this.lose(panes);
      else for (const pane of panes) this.hang(pane, film, outline);
      this.controls.write();
      this.layout();
    }));
    if (!past()) this.element.dataset.ready = "true";
  }

  /** Take over how overlays look, unless the server only answers what it was told: something newer may be on its way. */
  hear(look) {
    const name = JSON.stringify(look);
    if (name === this.lookGiven) return;
    this.lookGiven = name;
    const answered = this.looksTold.indexOf(name);
    if (answered >= 0) return void this.looksTold.splice(0, answered + 1);
    this.looksTold = []; // changed elsewhere on the page, after all that was told
    this.look = { ...look };
  }

  /** A film has come: it goes into its pane, with what lies over it. */
  hang(pane, film, outline) {
    const { map } = pane.given;
    const name = map && JSON.stringify(map);
    if (pane.heat?.name !== name || pane.heat?.film !== film) {
      pane.heat = map ? Object.assign(new Heat(mapOf(map), film), { name }) : null;
    }
    const line = outline && JSON.stringify(outline);
    if (pane.outline?.name !== line || pane.outline?.film !== film) {
      pane.outline = outline ? Object.assign(new Outline(mapOf(outline), film), { name: line }) : null;
    }
    pane.show(pane.given, film, pane.heat);
  }

  /** A film will not come: said where it would hang, and to those who hear the page. */
  lose(panes) {
    const words = "This film is no longer on the server. Choose it again, or reload the page.";
    for (const pane of panes) pane.say(words);
    this.controls.spoken.textContent = words;
  }

  setView() {
    this.view = { zoom: 1, x: 0.5, y: 0.5 };
    this.setTones(0.5, 1, false);
  }

  setTones(level, width, inverted) {
    Object.assign(this, { level, width, inverted });
    this.tone = new Tone(level, width, inverted);
  }

  get active() {
    return this.shown.includes(this.last) ? this.last : this.shown[0];
  }

  /** Panes on screen: where original and overlay share a pane, the original needs none of its own. */
  get shown() {
    const { panes } = this;
    if (this.mode === "side" || !panes.some((pane) => pane.given?.map)) return panes;
    return panes.filter((pane) => pane.given?.map || pane.given?.why_not); // why a map is missing is still to be read
  }

  /** Give every pane its size, as large as the page allows. */
  layout() {
    if (!this.given) return;
    const shown = this.shown;
    for (const pane of this.panes) pane.element.hidden = !shown.includes(pane);
    const width = this.element.clientWidth;
    if (!width) return;
    this.element.classList.toggle("tight", width < TIGHT);
    const full = document.fullscreenElement && this.element.getRootNode().fullscreenElement === this.element;
    const columns = Math.min(shown.length, this.mode === "side" ? this.given.columns : 2, Math.max(1, Math.floor(width / 200)));
    this.grid.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    const rows = Math.ceil(shown.length / columns);
    const tall = Math.max(...shown.map((pane) => {
      const { width: w, height: h } = this.given.films[pane.given.film];
      return h / w;
    }));
    const each = (width - 8 * (columns - 1)) / columns;
    const whole = Math.max(240, each * tall);
    const { controls } = this;
    const words = Math.max(...shown.map(({ element, stage }) => element.offsetHeight - stage.offsetHeight)) + 8; // of a row
    const height = full // all in view; on a small screen one scrolls
      ? Math.max(Math.min(352, whole), (innerHeight - controls.element.offsetHeight - controls.readout.offsetHeight - 40) / rows - words)
      : Math.min(whole, Math.max(352, rows > 1 ? innerHeight * 0.55 : innerHeight - 330));
    for (const pane of shown) pane.resize(Math.round(height));
    this.element.classList.toggle("swiping", this.mode === "swipe");
    this.draw();
  }

  /** Draw with the next frame, however often it is asked for. */
  draw() {
    if (this.asked) return;
    this.asked = requestAnimationFrame(() => {
      this.asked = 0;
      for (const pane of this.shown) pane.draw();
      this.frames += 1;
      this.readOut();
    });
  }

  // ------------------------------------------------------------------ what a hand or a key does

  pan(pane, dx, dy) {
    if (!pane?.film) return;
    const scale = pane.place.scale / devicePixelRatio;
    this.moveTo(this.view.x - dx / scale / pane.film.width, this.view.y - dy / scale / pane.film.height);
  }

  moveTo(x, y) {
    this.view.x = Math.min(1, Math.max(0, x));
    this.view.y = Math.min(1, Math.max(0, y));
    this.draw();
  }

  zoomAt(pane, clientX, clientY, factor) {
    if (!pane?.film) return;
    const [x, y] = pane.onFilm(clientX, clientY);
    const now = this.view.zoom; // beyond the limits, as 1:1 of a small film can be, it stays: "−" must not enlarge it
    const least = Math.min(0.5, now, 1 / pane.fit), most = Math.max(LARGEST / pane.fit, now);
    const zoom = Math.min(most, Math.max(least, now * factor));
    const kept = now / zoom;
    this.view.zoom = zoom;
    this.moveTo(x + (this.view.x - x) * kept, y + (this.view.y - y) * kept);
  }

  zoomBy(factor) {
    const box = this.active.canvas.getBoundingClientRect();
    this.zoomAt(this.active, box.left + box.width / 2, box.top + box.height / 2, factor);
  }

  fit() {
    this.view = { zoom: 1, x: 0.5, y: 0.5 };
    this.draw();
  }

  oneToOne() {
    const { active } = this;
    if (!active?.film) return;
    // Of the film itself, not of the smaller picture that is sent of one too large.
    this.view.zoom = this.given.films[active.given.film].width / active.film.width / active.fit;
    this.draw();
  }

  changeTones(width, level) {
    const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
    const step = level * Math.min(1, this.width / NARROW); // at most half a window a press, or the film would be gone
    this.setTones(clamp(this.level + step, 0, 1), clamp(this.width + width * Math.max(NARROW, this.width), 0.002, 2), this.inverted);
    this.draw();
  }

  /** Whether a drag, or one finger, changes the window: a finger has neither a right button nor a Shift key. */
  dragTones(wanted) {
    this.windowing = wanted;
    this.element.classList.toggle("windowing", wanted);
    this.controls.write();
    this.draw();
  }

  invert() {
    this.setTones(this.level, this.width, !this.inverted);
    this.controls.write();
    this.draw();
  }

  reset() {
    this.setView();
    this.controls.write();
    this.draw();
  }

  setLook(change) {
    Object.assign(this.look, change);
    this.controls.write();
    for (const pane of this.panes) pane.write();
    this.draw();
  }

  step(name, by) {
    const [low, high] = name === "level" ? [0.1, 0.9] : [0, 1];
    this.setLook({ [name]: Math.round(Math.min(high, Math.max(low, this.look[name] + by)) * 100) / 100 });
  }

  nextColours() {
    const names = Object.keys(this.given.colours);
    this.setLook({ colours: names[(names.indexOf(this.look.colours) + 1) % names.length] });
  }

  hide() {
    this.hidden = !this.hidden;
    this.draw();
  }

  outlineLungs(drawn) {
    this.lungs = drawn;
    this.controls.write();
    this.draw();
  }

  setMode(mode) {
    const focused = this.element.getRootNode().activeElement;
    this.mode = mode;
    this.controls.write();
    this.swipeTo(this.swipe);
    this.layout();
    // A pane, the divider or the slider may be gone from the screen: the keys would go nowhere.
    if (this.element.contains(focused) && !focused.offsetParent) this.shown[0].stage.focus();
  }

  nextMode() {
    const names = Object.keys(MODES);
    this.setMode(names[(names.indexOf(this.mode) + 1) % names.length]);
  }

  swipeTo(share) {
    this.swipe = Math.min(1, Math.max(0, share));
    for (const pane of this.panes) pane.divide(this.swipe);
    this.controls.write();
    this.draw();
  }

  slideTo(share) {
    const kept = Math.min(1, Math.max(0, share));
    if (this.mode === "swipe") this.swipeTo(1 - kept);
    else {
      this.fade = kept;
      this.controls.write();
      this.draw();
    }
  }

  slide(by) {
    if (this.mode !== "side") this.slideTo((this.mode === "swipe" ? 1 - this.swipe : this.fade) + by);
  }

  fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.element.requestFullscreen?.().catch(() => {}); // a frame may forbid it: nothing is lost
  }

  help(open = this.controls.help.hidden) {
    const { help, close, question } = this.controls;
    if (open) this.before = this.element.getRootNode().activeElement;
    help.hidden = !open;
    if (open) help.scrollTop = 0;
    (open ? close : this.before ?? question).focus({ preventScroll: true });
  }

  // ------------------------------------------------------------------ what is said

  lookAt(pane, clientX, clientY) {
    this.pointer = { pane, clientX, clientY };
    const [x, y] = pane.onFilm(clientX, clientY);
    for (const other of this.shown) {
      if (other !== pane && other.film && other.given.film === pane.given.film) other.mark(x, y);
      else other.cross.hidden = true;
    }
    this.readOut();
  }

  lookAway() {
    this.pointer = null;
    for (const pane of this.panes) pane.cross.hidden = true;
    this.readOut();
  }

  /** Window and level in words, as fine as they are. */
  get tones() {
    const digits = this.width < NARROW ? 4 : 2;
    return [`window ${this.width.toFixed(digits)}`, `level ${this.level.toFixed(digits)}`];
  }

  readOut() {
    const parts = [];
    const { pointer } = this;
    const [x, y] = pointer?.pane.film ? pointer.pane.onFilm(pointer.clientX, pointer.clientY) : [-1, -1];
    if (x >= 0 && y >= 0 && x < 1 && y < 1) {
      const { pane } = pointer;
      const { width, height } = this.given.films[pane.given.film];
      parts.push(`x ${Math.floor(x * width)}, y ${Math.floor(y * height)} px`);
      parts.push(`film ${pane.film.at(x * pane.film.width, y * pane.film.height).toFixed(this.width < NARROW ? 5 : 3)}`);
      for (const one of this.panes) {
        if (one.heat && one.heat.film === pane.film) parts.push(`${one.given.short} ${heatAt(one.heat.map, x, y).toFixed(2)}`);
      }
    } else parts.push(`Wheel: zoom. Drag: ${this.windowing ? "window and level" : "move. Right-drag: window"}. Keys: ?`);
    const active = this.active;
    if (active?.film) {
      const { width } = this.given.films[active.given.film];
      parts.push(`zoom ${Math.round(((active.place.scale * active.film.width) / width) * 100)} %`);
    }
    parts.push(`${this.tones.join(" ")}${this.inverted ? " inverted" : ""}`);
    if (this.hidden) parts.push("heatmap hidden (H)");
    const text = parts.join(" · ");
    if (this.controls.readout.textContent !== text) this.controls.readout.textContent = text;
  }

  /** For those who hear the page: what a key or a button has changed. */
  speak() {
    const { look } = this;
    const heat = this.hidden ? "heatmap hidden" : `heatmap ${Math.round(look.opacity * 100)} %, contour ${look.contour ? `at ${Math.round(look.level * 100)} %` : "off"}${this.lungs ? ", lungs outlined" : ""}`;
    this.controls.spoken.textContent =
      `Zoom ${Math.round(this.view.zoom * 100)} % of fit, ${this.tones.join(", ")}` +
      `${this.inverted ? ", inverted" : ""}${this.windowing ? ", a drag changes the window" : ""}, ${heat}, ${this.given.colours[look.colours].title}, ${MODES[this.mode]}` +
      (this.mode === "side" ? "" : ` ${this.controls.slider.value} %`);
  }

  /** Tell the server how overlays look now, unless it knows. */
  report() {
    const look = JSON.stringify(this.look);
    if (!this.given || look === (this.looksTold.at(-1) ?? this.lookGiven)) return;
    this.looksTold.push(look);
    this.tell("look", this.look);
  }

  /** Tell it once nothing more is changed for a while: a download may be clicked without leaving the viewer first. */
  reportSoon() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.report(), PAUSE);
  }

  leave() {
    this.gone = true;
    clearTimeout(this.soon);
    cancelAnimationFrame(this.asked);
    this.observer.disconnect();
    removeEventListener("resize", this.resized);
    this.element.remove();
  }
}

/** The film at an address of this server, fetched and decoded once. */
function filmAt(url) {
  const found = films.get(url) ?? fetching(url);
  films.delete(url);
  films.set(url, found); // the last one used is the last to go
  for (const [oldest, { stop }] of films) {
    if (films.size <= KEPT) break;
    films.delete(oldest);
    stop.abort(); // nobody waits for it any more, if it is still on its way
  }
  return found.film;
}

function fetching(url) {
  const stop = new AbortController();
  const film = fetched(new URL(url.replace(/^\//, ""), base()), stop.signal).then(async (bytes) => new Film(await decodePng(bytes)));
  const found = { film, stop };
  film.catch(() => films.get(url) === found && films.delete(url)); // it may have been asked for anew since
  return found;
}

async function fetched(address, signal) {
  for (const wait of TRIES) {
    await new Promise((done) => setTimeout(done, wait));
    if (signal.aborted) break;
    try {
      const answer = await fetch(address, { signal });
      if (answer.ok) return await answer.arrayBuffer();
    } catch {} // the server cannot be reached just now, or the film is not wanted any more
  }
  throw new LostFilm();
}

/** Where the app is served: its own scripts lie in static/js below that, whatever page is shown. */
function base() {
  const script = document.querySelector('script[src*="static/js/"]');
  return script ? new URL("../../", script.src) : new URL("/", location.href);
}

function bytesOf(text) {
  return text instanceof Uint8Array ? text : Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** A map as the server sends it: 32-bit floating point, little endian. */
function mapOf({ width, height, values }) {
  const view = new DataView(bytesOf(values).buffer);
  return { width, height, values: Float32Array.from({ length: width * height }, (_, at) => view.getFloat32(at * 4, true)) };
}

/** What Streamlit calls with every change. */
export default function ({ data, parentElement, setStateValue }) {
  let room = rooms.get(parentElement);
  const call = {};
  const fail = (error) => {
    if (!room?.gone) setStateValue("failed", String(error?.message ?? error).slice(0, 200));
  };
  try {
    if (!room) rooms.set(parentElement, (room = new Room(parentElement, setStateValue)));
    room.tell = setStateValue;
    room.call = call;
    room.update(structuredClone(data)).catch(fail);
  } catch (error) {
    fail(error);
  }
  return () => {
    if (room?.call !== call) return; // a newer call has the room: Streamlit clears up after the one it overtook
    room.leave();
    rooms.delete(parentElement);
  };
}

// For tests, which hold these against core.render.
export { contours, decodePng, heatAt, spread, Film, Heat, Room, Tone };
