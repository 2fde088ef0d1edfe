import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { LiveEvent } from "../api/types";
import { LiveConnection, waitBeforeRetry, type LiveStatus } from "./connection";
import { queryOf } from "./useProjectEvents";

/** The socket's surface that the connection uses; the test plays the server. */
class Socket {
  static all: Socket[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  closed = false;
  constructor(readonly url: string) {
    Socket.all.push(this);
  }
  close() {
    this.closed = true;
  }
  send(...seqs: number[]) {
    this.onmessage?.({ data: JSON.stringify(seqs.map((seq) => ({ stream: "project", seq, type: "run.state", data: {}, at: "" }))) });
  }
}

let connection: LiveConnection;
let events: LiveEvent[];
let statuses: LiveStatus[];
const latest = () => Socket.all.at(-1) as Socket;
const cursor = () => new URL(latest().url).searchParams.get("after");

beforeEach(() => {
  vi.useFakeTimers();
  Socket.all = [];
  events = [];
  statuses = [];
  connection = new LiveConnection({
    project: "default",
    stream: "project",
    after: 5,
    onEvents: (frame) => events.push(...frame),
    onStatus: (status) => statuses.push(status),
    open: (url) => new Socket(url) as unknown as WebSocket,
  });
});

afterEach(() => {
  connection.close();
  vi.useRealTimers();
});

describe("LiveConnection", () => {
  it("asks for what comes after its cursor, over the page's own origin", () => {
    expect(new URL(latest().url).protocol).toBe("ws:");
    expect(new URL(latest().url).searchParams.get("stream")).toBe("project");
    expect(new URL(latest().url).searchParams.get("project")).toBe("default");
    expect(cursor()).toBe("5");
  });

  it("hands on each event once", () => {
    latest().send(6, 7);
    latest().send(7, 8);
    latest().send();
    expect(events.map((event) => event.seq)).toEqual([6, 7, 8]);
  });

  it("comes back after a loss and goes on from the last number it saw", () => {
    latest().onopen?.();
    latest().send(6, 9);
    latest().onclose?.({ code: 1012 });
    expect(statuses.at(-1)).toBe("waiting");
    vi.advanceTimersByTime(1000);
    expect(Socket.all).toHaveLength(2);
    expect(cursor()).toBe("9");
  });

  it("takes a silent connection for dead", () => {
    latest().onopen?.();
    vi.advanceTimersByTime(25_000);
    latest().send(); // a heartbeat
    vi.advanceTimersByTime(25_000);
    expect(Socket.all).toHaveLength(1);
    vi.advanceTimersByTime(6_000);
    expect(Socket.all[0]?.closed).toBe(true);
    expect(Socket.all).toHaveLength(2);
  });

  it("does not knock again where it was refused", () => {
    latest().onclose?.({ code: 1008 });
    vi.advanceTimersByTime(120_000);
    expect(statuses.at(-1)).toBe("refused");
    expect(Socket.all).toHaveLength(1);
  });

  it("hurries when the network is back", () => {
    latest().onclose?.({ code: 1006 });
    window.dispatchEvent(new Event("online"));
    expect(Socket.all).toHaveLength(2);
  });

  it("stays closed once closed", () => {
    latest().onclose?.({ code: 1006 });
    connection.close();
    vi.advanceTimersByTime(120_000);
    window.dispatchEvent(new Event("online"));
    expect(Socket.all).toHaveLength(1);
  });
});

describe("waitBeforeRetry", () => {
  it("grows to a limit and is spread", () => {
    expect(waitBeforeRetry(0, () => 1)).toBe(500);
    expect(waitBeforeRetry(3, () => 1)).toBe(4000);
    expect(waitBeforeRetry(50, () => 1)).toBe(15_000);
    expect(waitBeforeRetry(3, () => 0)).toBe(2000);
  });
});

describe("queryOf", () => {
  it("names the list that an event changes", () => {
    expect(queryOf("run.state")).toBe("runs");
    expect(queryOf("dataset.version_added")).toBe("datasets");
    expect(queryOf("model.promoted")).toBe("models");
  });
});
