// The lab's page. Names, bodies and console texts are of any origin: all of them become text nodes, never markup.

const KEPT_REQUESTS = 500;
const SHOWN_REQUESTS = 200;
const SHOWN_JOBS = 60;
const NEWEST_JOBS = 25;
const SHOWN_OBJECTS = 200;
const CONSOLE_LINES = 500;
const CONCURRENT_PICTURES = 3;
const PICTURE_INTERVAL_MS = 1000;
const BUSY = new Set(["BUILD", "REBOOT", "HARD_REBOOT", "queued", "saving", "creating", "uploading", "deleting",
  "attaching", "detaching", "extending", "INIT", "RUNNING"]);
const OFF = new Set(["SHUTOFF"]);
const BAD = new Set(["ERROR", "FAIL", "killed", "error"]);

const find = (id) => document.getElementById(id);
const lab = { about: null, receivedAt: 0, requests: [], steps: {} };

function command(name) {
  return `${lab.about?.command ?? "python -m lab"} ${name}`;
}

// Elements

function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "kind") node.dataset.kind = value;
    else if (name in node && name !== "list") node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

function put(node, text) {
  const shown = String(text);
  if (node.textContent !== shown) node.textContent = shown;
}

// Attributes that are set again, even to the same value, cost a calculation of styles.
function set(node, name, value) {
  if (node[name] !== value) node[name] = value;
}

function label(node, text) {
  if (node.getAttribute("aria-label") !== text) node.setAttribute("aria-label", text);
}

function kindOf(status) {
  if (BAD.has(status)) return "bad";
  if (OFF.has(status)) return "off";
  return BUSY.has(status) ? "busy" : "good";
}

function putState(node, status) {
  put(node, status);
  if (node.dataset.kind !== kindOf(status)) node.dataset.kind = kindOf(status);
}

function button(text, name, action) {
  const node = make("button", { type: "button", textContent: text });
  if (name) label(node, name);
  node.addEventListener("click", () => attempt(action));
  return node;
}

function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes, unit = 0;
  while (value >= 1024 && unit < units.length - 1) { value /= 1024; unit += 1; }
  return `${value.toFixed(unit && value < 10 ? 1 : 0)} ${units[unit]}`;
}

function duration(seconds) {
  if (seconds < 90) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

// Lists of elements by id, of which an update touches only those that have changed

class List {
  constructor(section, container, build, { newestFirst = false } = {}) {
    Object.assign(this, { container, build, newestFirst, items: new Map() });
    this.empty = section?.querySelector(".empty");
    this.count = section?.querySelector(".count");
  }

  replace(views) {
    const known = new Set(views.map((view) => view.id));
    const removed = [...this.items.keys()].filter((id) => !known.has(id));
    this.apply({ changed: this.newestFirst ? [...views].reverse() : views, removed });
  }

  apply({ changed, removed }) {
    for (const id of removed) {
      this.items.get(id)?.node.remove();
      this.items.delete(id);
    }
    const fresh = document.createDocumentFragment();
    for (const view of changed) {
      let item = this.items.get(view.id);
      if (item === undefined) {
        item = this.build(view);
        this.items.set(view.id, item);
        if (this.newestFirst) fresh.prepend(item.node);
        else fresh.append(item.node);
      }
      item.view = view;
      item.update(view);
    }
    if (this.newestFirst) this.container.prepend(fresh);
    else this.container.append(fresh);
    this.showCount();
  }

  showCount() {
    if (this.empty) set(this.empty, "hidden", this.items.size > 0);
    if (this.count) put(this.count, this.items.size ? `(${this.items.size})` : "");
  }
}

// Requests to the lab

async function send(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method, headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store",
    });
  } catch {
    throw new Error(`The lab does not respond. It may be stopped: ${command("start")}`);
  }
  if (response.ok) return response;
  if (response.status === 401) signedOut();
  throw new Error(await explanation(response));
}

async function explanation(response) {
  try {
    const said = await response.json();
    if (Array.isArray(said.detail)) {
      return said.detail.map((problem) => `${problem.loc.slice(1).join(".")}: ${problem.msg}`).join("; ");
    }
    return said.error ?? `The lab refused the request (${response.status}).`;
  } catch {
    return `The lab refused the request (${response.status}).`;
  }
}

async function attempt(action) {
  try {
    await action();
  } catch (error) {
    say(error.message, "error");
  }
}

function say(text, kind = "note") {
  const node = find("message");
  put(node, text);
  node.dataset.kind = kind;
  node.hidden = false;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { node.hidden = true; }, 12000);
}

// Servers

function buildServer(view) {
  const path = encodeURIComponent(view.id);
  const parts = {
    name: make("span", { className: "text" }), state: make("span", { className: "state" }),
    picture: make("img", { hidden: true, decoding: "async" }), why: make("span"),
    facts: make("dl", { className: "facts" }), reason: make("p", { className: "reason text", hidden: true }),
  };
  const screen = make("a", { className: "screen", href: `/browser/screens/${path}`, target: "_blank", rel: "noopener" },
    parts.picture, parts.why);
  const power = (action, hard) => () => send("POST", `/servers/${path}/power`, { action, hard });
  const buttons = {
    start: button("Start", "", power("start", false)), press: button("Power button", "", power("stop", false)),
    reboot: button("Reboot", "", power("reboot", false)), off: button("Switch off", "", power("stop", true)),
    console: button("Serial console", "", () => openConsole(view.id)),
    remove: button("Delete", "", () => send("DELETE", `/boot/${path}`)),
  };
  const node = make("li", { className: "card" }, make("h3", {}, parts.name, " ", parts.state), screen, parts.facts,
    parts.reason, make("div", { className: "buttons" }, ...Object.values(buttons)));
  node.dataset.id = view.id;
  pictures.watch(view.id, node, parts);
  return { node, update: (now) => updateServer(now, parts, screen, buttons) };
}

function updateServer(view, parts, screen, buttons) {
  put(parts.name, view.name);
  put(parts.state, view.task ? `${view.status} (${view.task})` : view.status);
  const kind = view.task ? "busy" : kindOf(view.status);
  if (parts.state.dataset.kind !== kind) parts.state.dataset.kind = kind;
  set(parts.picture, "alt", `Screen of ${view.name}`);
  label(screen, `Open the screen of ${view.name} in a new tab`);
  if (!view.runs) pictures.explain(parts, view.status === "BUILD" ? "The server is being created." : "The server is off.");
  else if (parts.picture.hidden) pictures.explain(parts, pictures.reason());
  const facts = [["Image", view.image], ["Flavor", view.flavor], ["Boot mode", view.firmware],
    ["Address", view.addresses.join(", ")]];
  putFacts(parts.facts, facts);
  put(parts.reason, view.fault);
  set(parts.reason, "hidden", !view.fault);
  set(buttons.start, "hidden", view.runs);
  for (const name of ["press", "reboot", "off"]) set(buttons[name], "hidden", !view.runs);
  set(buttons.remove, "hidden", !view.was_booted_here);
  for (const node of Object.values(buttons)) label(node, `${node.textContent}: ${view.name}`);
}

function putFacts(list, facts) {
  facts.forEach(([name, value], index) => {
    const row = list.children[index] ?? list.appendChild(make("div", {}, make("dt"), make("dd", { className: "text" })));
    put(row.children[0], name);
    put(row.children[1], value);
  });
  while (list.children.length > facts.length) list.lastElementChild.remove();
}

const pictures = {
  watched: new Map(), // by server: elements, visibility, time of the last picture
  loading: 0,
  number: 0,
  observer: new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const found = pictures.watched.get(entry.target.dataset.id);
      if (found) found.isVisible = entry.isIntersecting;
    }
  }),
  watch(id, node, parts) {
    this.watched.set(id, { node, parts, isVisible: false, at: 0 });
    this.observer.observe(node);
  },
  reason() {
    return lab.about?.driver === "simulated"
      ? "Simulated servers have no screens. Open the serial console." : "The screen is not shown yet.";
  },
  explain(parts, why) {
    set(parts.picture, "hidden", true);
    set(parts.why, "hidden", false);
    put(parts.why, why);
  },
  refresh() {
    if (document.hidden || lab.about?.driver === "simulated") return;
    for (const [id, found] of this.watched) {
      if (found.node.isConnected) continue;
      this.observer.unobserve(found.node);
      this.watched.delete(id);
    }
    const due = [...this.watched].filter(([id, found]) => found.isVisible && servers.items.get(id)?.view.runs);
    due.sort((one, other) => one[1].at - other[1].at);
    for (const [id, found] of due.slice(0, CONCURRENT_PICTURES - this.loading)) this.load(id, found);
  },
  load(id, found) {
    const fresh = make("img", { decoding: "async", alt: found.parts.picture.alt });
    found.at = performance.now();
    this.loading += 1;
    this.number += 1;
    fresh.addEventListener("load", () => {
      this.loading -= 1;
      found.parts.picture.replaceWith(fresh);
      found.parts.picture = fresh;
      found.parts.why.hidden = true;
    });
    fresh.addEventListener("error", () => {
      this.loading -= 1;
      this.explain(found.parts, "The server shows no screen now.");
    });
    fresh.src = `/browser/thumbnails/${encodeURIComponent(id)}?n=${this.number}`;
  },
};

// Jobs

function buildJob(view) {
  const name = make("span", { className: "text" }), bar = make("span", { className: "bar" });
  const state = make("span", { className: "state text" });
  const node = make("li", { className: "job" }, name, make("span", { className: "track" }, bar), state);
  return {
    node, bar, state, begin: Date.parse(view.begin),
    update(now) {
      this.end = now.end ? Date.parse(now.end) : null;
      if (node.dataset.status !== now.status) node.dataset.status = now.status;
      put(name, `${now.kind.replaceAll("_", " ")} ${now.subject}`);
      node.title = now.reason ? `${now.code}: ${now.reason}` : "";
    },
  };
}

function drawTimeline() {
  const shown = Number(find("window").value), now = labNow();
  const items = [...jobs.items.values()].sort((one, other) => other.begin - one.begin);
  const visible = items.filter((item, index) => shown
    ? index < SHOWN_JOBS && (item.end ?? now) >= now - shown * 1000 : index < NEWEST_JOBS);
  const begin = shown ? now - shown * 1000 : Math.min(now - 1000, ...visible.map((item) => item.begin));
  const chosen = new Set(visible), span = now - begin;
  for (const item of items) set(item.node, "hidden", !chosen.has(item));
  for (const item of visible) drawJob(item, begin, span, now);
  const [from, to] = find("axis").children;
  put(from, `${clockText(begin)} (${duration(span / 1000)} ago)`);
  put(to, `${clockText(now)} (now)`);
  find("axis").hidden = items.length === 0;
}

function drawJob(item, begin, span, now) {
  const end = Math.min(item.end ?? now, now), start = Math.max(item.begin, begin);
  item.bar.style.left = `${((start - begin) / span * 100).toFixed(2)}%`;
  item.bar.style.width = `${(Math.max(end - start, 0) / span * 100).toFixed(2)}%`;
  const { status, step, code, reason } = item.view;
  const took = duration(Math.max((item.end ?? now) - item.begin, 0) / 1000);
  const more = status === "FAIL" ? `${code ?? ""} ${reason ?? ""}` : item.end ? "" : step;
  put(item.state, `${status} ${took} ${more}`.trim());
  if (item.state.dataset.kind !== kindOf(status)) item.state.dataset.kind = kindOf(status);
}

// Images, disks, objects

function row(update, ...cells) {
  return { node: make("tr", {}, ...cells.map((cell) => make("td", {}, cell))), update };
}

function texts(count) {
  return Array.from({ length: count }, () => make("span", { className: "text" }));
}

function buildImage(view) {
  const [name, kind, length, mode] = texts(4), state = make("span", { className: "state" }), tags = make("span");
  const boot = button("Boot", "", async () => {
    await send("POST", `/boot/${encodeURIComponent(view.id)}`);
    say(`A server boots ${view.name}.`);
    find("servers").scrollIntoView();
  });
  const inspect = button("Inspect", "", () => openInspection(view));
  return row((now) => {
    put(name, now.name);
    putState(state, now.status);
    put(kind, now.kind);
    put(length, now.size_bytes ? size(now.size_bytes) : "–");
    put(mode, now.firmware.toUpperCase());
    tags.replaceChildren(...now.tags.map((tag) => make("span", { className: "tag text", textContent: tag })));
    boot.hidden = !now.is_bootable;
    inspect.hidden = !now.is_bootable;
    label(boot, `Boot a server from ${now.name}`);
    label(inspect, `Inspect ${now.name}`);
  }, name, state, kind, length, mode, tags, make("span", { className: "buttons" }, boot, inspect));
}

async function openInspection(view) {
  const dialog = find("inspection-dialog"), table = dialog.querySelector("table"), facts = find("inspection-facts");
  put(find("inspection-title"), `Inspection of ${view.name}`);
  put(find("inspection-state"), "The disk is being read; this takes some seconds.");
  table.hidden = facts.hidden = true;
  dialog.showModal();
  try {
    const result = await (await send("GET", `/inspections/${encodeURIComponent(view.id)}`)).json();
    table.querySelector("tbody").replaceChildren(...result.findings.map(buildFinding));
    put(facts, JSON.stringify(result.facts, null, 2));
    table.hidden = result.findings.length === 0;
    facts.hidden = false;
    put(find("inspection-state"), result.findings.length ? "" : "Nothing needs a correction.");
  } catch (error) {
    put(find("inspection-state"), error.message);
  }
}

function buildFinding(finding) {
  const severity = make("span", { className: "state", textContent: finding.severity });
  severity.dataset.kind = { error: "bad", warning: "busy" }[finding.severity] ?? "good";
  const cells = [finding.finding, finding.fix].map((text) => make("td", { className: "text", textContent: text }));
  return make("tr", {}, make("td", {}, severity), ...cells);
}

function buildDisk() {
  const [name, length, type, server] = texts(4), state = make("span", { className: "state" });
  return row((now) => {
    put(name, now.name);
    putState(state, now.status);
    put(length, `${now.size_gib} GiB`);
    put(type, now.is_bootable ? `${now.type}, bootable` : now.type);
    put(server, now.server ? `${now.server} ${now.device}` : "–");
  }, name, state, length, type, server);
}

function buildBucket(view) {
  const note = make("p", { className: "note" }), body = make("tbody");
  const head = make("tr", {}, ...["Object", "Size", "Modified"].map((text) => make("th", { scope: "col", textContent: text })));
  const scroll = make("div", { className: "scroll", tabIndex: 0, role: "region" },
    make("table", {}, make("thead", {}, head), body));
  scroll.setAttribute("aria-label", `Objects of ${view.id}`);
  const title = make("h3", { className: "text", textContent: view.id });
  return {
    node: make("div", {}, title, note, scroll),
    update(now) {
      body.replaceChildren(...now.objects.slice(0, SHOWN_OBJECTS).map((entry) => make("tr", {},
        make("td", { className: "text", textContent: entry.key }), make("td", { textContent: size(entry.size_bytes) }),
        make("td", { textContent: entry.time.slice(0, 19).replace("T", " ") }))));
      scroll.hidden = now.objects.length === 0;
      put(note, now.is_cut ? `The first ${now.objects.length} objects are shown.`
        : now.objects.length ? "" : `The bucket is empty. Store a file: ${command("put")} FILE BUCKET/KEY`);
    },
  };
}

// Requests of clients

function fits(entry) {
  const service = find("service").value;
  if (service && entry.service !== service) return false;
  return !find("only-faults").checked || isBad(entry);
}

function isBad(entry) {
  return Boolean(entry.fault) || entry.status === 0 || entry.status >= 400;
}

function buildRequest(entry) {
  const path = entry.query ? `${entry.path}?${entry.query}` : entry.path;
  const text = `${entry.operation || "no operation"} · ${entry.method} ${path}`;
  const open = make("button", { type: "button", className: "link text", textContent: text });
  open.dataset.seq = entry.seq;
  const cells = [entry.time.slice(11, 23), entry.service, open, entry.status || "none", entry.duration_ms.toFixed(1), entry.fault];
  const node = make("tr", { role: "row" }, ...cells.map((cell) => make("td", { role: "cell" }, cell)));
  if (isBad(entry)) node.dataset.kind = "bad";
  return node;
}

function keepRequests(entries) {
  lab.requests.push(...entries);
  if (lab.requests.length > KEPT_REQUESTS) lab.requests.splice(0, lab.requests.length - KEPT_REQUESTS);
  if (!find("paused").checked) addRequestRows(entries);
}

function addRequestRows(entries) {
  const body = find("requests").querySelector("tbody"), fresh = document.createDocumentFragment();
  for (const entry of entries.filter(fits).slice(-SHOWN_REQUESTS)) fresh.prepend(buildRequest(entry));
  const surplus = body.children.length + fresh.children.length - SHOWN_REQUESTS;
  for (let count = 0; count < surplus; count += 1) body.lastElementChild?.remove();
  body.prepend(fresh);
  find("requests").querySelector(".empty").hidden = body.children.length > 0;
  const last = lab.requests.at(-1);
  put(find("requests").querySelector(".count"), last ? `(${last.seq} in all, the newest ${SHOWN_REQUESTS} are shown)` : "");
}

function drawRequests() {
  find("requests").querySelector("tbody").replaceChildren();
  addRequestRows(lab.requests);
}

async function openRequest(number) {
  const entry = await (await send("GET", `/browser/requests/${number}`)).json();
  put(find("request-title"), `${entry.method} ${entry.path}`);
  putFacts(find("request-facts"), [["Number", entry.seq], ["Lab time", entry.time], ["Real time", entry.real_time],
    ["Service", entry.service], ["Operation", entry.operation || "none"], ["Status", entry.status || "no response"],
    ["Duration", `${entry.duration_ms} ms`], ["Query", entry.query || "none"], ["Fault", entry.fault || "none"],
    ["Request id", entry.request_id]]);
  put(find("request-body"), readable(entry.request));
  put(find("response-body"), readable(entry.response));
  find("request-dialog").showModal();
}

function readable(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body || "no body";
  }
}

// Serial console

async function openConsole(id) {
  const dialog = find("console-dialog"), text = find("console-text");
  put(find("console-title"), `Serial console of ${servers.items.get(id)?.view.name ?? id}`);
  put(text, "");
  dialog.showModal();
  while (dialog.open) {
    const path = `/console/${encodeURIComponent(id)}?lines=${CONSOLE_LINES}`;
    let shown;
    try {
      shown = await (await send("GET", path)).text() || "The guest has written nothing to its serial console yet.";
    } catch (error) {
      shown = error.message;
    }
    const isAtEnd = text.scrollTop + text.clientHeight >= text.scrollHeight - 30;
    put(text, shown);
    if (isAtEnd) text.scrollTop = text.scrollHeight;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

// Faults and variants

function buildFault(view) {
  const text = make("span", { className: "text" });
  const remove = button("Remove", "Remove this fault", () => send("DELETE", `/faults/${encodeURIComponent(view.id)}`));
  return { node: make("li", {}, text, remove), update: (now) => put(text, describeFault(now)) };
}

function describeFault(fault) {
  const where = ["service", "method", "operation", "path"].filter((name) => fault[name]).map((name) => `${name} ${fault[name]}`);
  const what = { status: `${fault.status} ${fault.code}`, delay: `${fault.delay_s} s` }[fault.kind] ?? "";
  const times = fault.times ? `used ${fault.used} of ${fault.times}` : `used ${fault.used} times`;
  return `${fault.kind} ${what} ${fault.phase} the work of ${where.join(", ") || "any request"} (${times}): ${fault.message}`;
}

function buildJobFault() {
  const text = make("span", { className: "text" });
  const update = (now) => put(text, `${now.kind} fails at ${now.step} with ${now.code} (${now.times} times)`);
  return { node: make("li", {}, text), update };
}

function buildVariant(view) {
  const choice = make("select"), subject = make("span", { className: "text" });
  choice.append(...view.values.map((value) => make("option", { value, textContent: value })));
  choice.setAttribute("aria-label", view.id);
  choice.addEventListener("change", () => attempt(async () => {
    try {
      await send("PUT", "/settings", { variants: { [view.id]: choice.value } });
    } catch (error) {
      choice.value = variants.items.get(view.id).view.value;
      throw error;
    }
  }));
  return row((now) => {
    choice.value = now.value;
    put(subject, now.value === now.default ? now.changes : `${now.changes} (default: ${now.default})`);
  }, view.id, choice, subject);
}

function filterVariants() {
  const wanted = find("find-variant").value.toLowerCase();
  for (const { node, view } of variants.items.values()) {
    set(node, "hidden", !`${view.id} ${view.changes}`.toLowerCase().includes(wanted));
  }
}

function fillSteps() {
  const [kind, step] = find("job-fault-form").querySelectorAll("select");
  if (kind.options.length === 0) {
    kind.append(...Object.keys(lab.steps).map((name) => make("option", { textContent: name })));
  }
  step.replaceChildren(...(lab.steps[kind.value] ?? []).map((name) => make("option", { textContent: name })));
}

function formValues(form) {
  const values = {};
  for (const field of form.elements) {
    if (!field.name || field.value === "") continue;
    values[field.name] = field.type === "number" ? Number(field.value) : field.value;
  }
  return values;
}

// Clock and connection

function labNow() {
  if (!lab.about) return Date.now();
  return Date.parse(lab.about.time) + (performance.now() - lab.receivedAt) * lab.about.time_scale;
}

function clockText(time) {
  return new Date(time).toISOString().slice(11, 19);
}

function drawClock() {
  if (!lab.about) return;
  put(find("clock"), new Date(labNow()).toISOString().slice(0, 19).replace("T", " "));
  drawTimeline();
}

function setAbout(about) {
  lab.about = about;
  lab.receivedAt = performance.now();
  put(find("scale"), about.time_scale === 1 ? "real time" : `${about.time_scale} × real time`);
  put(find("driver"), about.driver);
  put(find("problems"), about.problems.join("; "));
  find("problems").hidden = about.problems.length === 0;
  const field = find("scale-form").elements.scale;
  if (document.activeElement !== field) field.value = about.time_scale;
}

function setConnection(state, text) {
  find("connection").dataset.state = state;
  put(find("connection"), text);
}

function signedOut() {
  setConnection("lost", `The session has ended. Run: ${command("open")}`);
}

function connect() {
  const source = new EventSource("/browser/events");
  source.addEventListener("full", (event) => timed(() => applyFull(JSON.parse(event.data))));
  source.addEventListener("change", (event) => timed(() => applyChange(JSON.parse(event.data))));
  source.addEventListener("error", () => {
    source.close();
    const hint = `If it is stopped: ${command("start")}`;
    setConnection("lost", `The lab does not respond. This page reconnects by itself. ${hint}`);
    reconnect();
  });
}

async function reconnect() {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  try {
    const page = await fetch("/browser/", { cache: "no-store" });
    if (page.status === 401) signedOut();
    else connect();
  } catch {
    reconnect();
  }
}

function applyFull(content) {
  setConnection("live", "Live");
  lab.steps = content.job_steps;
  fillSteps();
  setAbout(content.about);
  for (const [name, list] of Object.entries(lists)) list.replace(content.sections[name] ?? []);
  lab.requests = [];
  keepRequests(content.requests);
  drawRequests();
  drawRest(Object.keys(lists));
}

function applyChange(content) {
  setAbout(content.about);
  for (const [name, part] of Object.entries(content.sections)) lists[name]?.apply(part);
  if (content.is_cleared) {
    lab.requests = [];
    drawRequests();
  }
  if (content.requests.length) keepRequests(content.requests);
  drawRest(Object.keys(content.sections));
}

function drawRest(changed) {
  const count = held.items.size;
  find("held").hidden = count === 0;
  put(find("held").firstElementChild, `${count} ${count === 1 ? "request is" : "requests are"} held.`);
  const faultCount = faults.items.size + jobFaults.items.size;
  find("faults").querySelector(".empty").hidden = faultCount > 0;
  put(find("faults").querySelector(".count"), faultCount ? `(${faultCount})` : "");
  find("remove-faults").hidden = faultCount === 0;
  if (changed.includes("variants")) filterVariants();
  if (changed.includes("jobs")) drawTimeline();
}

// Time of an update until it is on the screen, for the tests of this page.
function timed(update) {
  const begin = performance.now();
  update();
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      const { dataset } = document.documentElement;
      dataset.updates = Number(dataset.updates ?? 0) + 1;
      dataset.slowestUpdateMs = Math.max(Number(dataset.slowestUpdateMs ?? 0), performance.now() - begin).toFixed(1);
    };
    port2.postMessage("");
  });
}

const servers = new List(find("servers"), find("servers").querySelector("ul"), buildServer);
const jobs = new List(find("jobs"), find("jobs").querySelector("ol"), buildJob, { newestFirst: true });
const images = new List(find("images"), find("images").querySelector("tbody"), buildImage);
const disks = new List(find("disks"), find("disks").querySelector("tbody"), buildDisk);
const buckets = new List(find("objects"), find("objects").querySelector(".buckets"), buildBucket);
const faults = new List(null, find("fault-list"), buildFault);
const jobFaults = new List(null, find("job-fault-list"), buildJobFault);
const held = new List(null, document.createDocumentFragment(), () => ({ node: make("span"), update() {} }));
const variants = new List(null, find("variants").querySelector("tbody"), buildVariant);
const lists = { servers, jobs, images, disks, buckets, faults, job_faults: jobFaults, held, variants };

function listen() {
  for (const id of ["service", "only-faults", "paused"]) find(id).addEventListener("change", () => {
    if (!find("paused").checked) drawRequests();
  });
  find("window").addEventListener("change", drawTimeline);
  find("find-variant").addEventListener("input", filterVariants);
  find("requests").querySelector("tbody").addEventListener("click", (event) => {
    const number = event.target.closest("button")?.dataset.seq;
    if (number) attempt(() => openRequest(number));
  });
  find("clear-journal").addEventListener("click", () => attempt(() => send("DELETE", "/journal")));
  find("release").addEventListener("click", () => attempt(() => send("DELETE", "/holds")));
  find("remove-faults").addEventListener("click", () => attempt(async () => {
    await send("DELETE", "/faults");
    await send("DELETE", "/job-faults");
  }));
  find("job-fault-form").elements.kind.addEventListener("change", fillSteps);
  onSubmit("fault-form", (values) => send("POST", "/faults", values), "The fault is set.");
  onSubmit("job-fault-form", (values) => send("POST", "/job-faults", values), "The next job of this kind will fail.");
  onSubmit("scale-form", (values) => send("PUT", "/time-scale", values), "The speed of the lab's clock has changed.");
  find("reset").addEventListener("click", () => { find("reset-dialog").returnValue = ""; find("reset-dialog").showModal(); });
  find("reset-dialog").addEventListener("close", () => {
    if (find("reset-dialog").returnValue !== "delete") return;
    attempt(async () => {
      await send("POST", "/reset", { confirm: "delete everything" });
      say("The lab is being reset.");
    });
  });
}

function onSubmit(id, action, done) {
  find(id).addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(async () => {
      await action(formValues(find(id)));
      say(done);
    });
  });
}

listen();
setInterval(drawClock, 1000);
setInterval(() => pictures.refresh(), PICTURE_INTERVAL_MS);
connect();
