// One stream over a WebSocket that reconnects automatically and misses no event: it resumes after the last
// number it saw. The server keeps the log; this side is only a cursor.
import type { LiveEvent } from "../api/types";

export type LiveStatus = "connecting" | "live" | "waiting" | "refused";

export interface LiveOptions {
  /** Slug of the project. */
  project: string;
  stream: string;
  /** Continue after this number, or receive only new events. */
  after: number | "latest";
  onEvents: (events: LiveEvent[]) => void;
  onStatus: (status: LiveStatus) => void;
  /** Replaced in tests. */
  open?: (url: string) => WebSocket;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** The server sends a heartbeat every 10 s; after this time without one, the connection counts as lost. */
const SILENCE_MS = 30_000;
const POLICY_VIOLATION = 1008;

/** Doubles from half a second up to 15 s; a random part prevents many pages from reconnecting at the same moment. */
export function waitBeforeRetry(failures: number, random: () => number = Math.random): number {
  const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
  return full / 2 + (full / 2) * random();
}

export class LiveConnection {
  readonly #options: LiveOptions;
  #after: number | "latest";
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #ended = false;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#after = options.after;
    window.addEventListener("online", this.#hurry);
    document.addEventListener("visibilitychange", this.#hurry);
    this.#connect();
  }

  close(): void {
    this.#ended = true;
    window.removeEventListener("online", this.#hurry);
    document.removeEventListener("visibilitychange", this.#hurry);
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    this.#drop();
  }

  #connect(): void {
    clearTimeout(this.#timer);
    this.#options.onStatus("connecting");
    const socket = (this.#options.open ?? ((url) => new WebSocket(url)))(this.#url());
    this.#socket = socket;
    this.#listenForLife();
    socket.onopen = () => {
      this.#failures = 0;
      this.#options.onStatus("live");
    };
    socket.onmessage = (message) => this.#receive(String(message.data));
    socket.onclose = (event) => {
      if (event.code === POLICY_VIOLATION) this.#refused();
      else this.#retry();
    };
  }

  #receive(data: string): void {
    this.#listenForLife();
    const frame = JSON.parse(data) as LiveEvent[];
    const after = this.#after === "latest" ? 0 : this.#after;
    const fresh = frame.filter((event) => event.seq > after);
    const last = fresh.at(-1);
    if (last === undefined) return;
    this.#after = last.seq;
    this.#options.onEvents(fresh);
  }

  #refused(): void {
    this.#drop();
    clearTimeout(this.#silence);
    this.#options.onStatus("refused");
  }

  #retry(): void {
    this.#drop();
    if (this.#ended) return;
    clearTimeout(this.#silence);
    this.#options.onStatus("waiting");
    this.#timer = setTimeout(() => this.#connect(), waitBeforeRetry(this.#failures++));
  }

  #listenForLife(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#retry(), SILENCE_MS);
  }

  /** Reconnect at once when the network is back or the tab becomes visible. */
  #hurry = (): void => {
    if (this.#socket === null && !this.#ended && document.visibilityState === "visible") this.#connect();
  };

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  #url(): string {
    const url = new URL("/api/v1/events/live", window.location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("project", this.#options.project); // browsers send no header of ours with a WebSocket
    url.searchParams.set("stream", this.#options.stream);
    url.searchParams.set("after", String(this.#after));
    return url.href;
  }
}
