import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useReducer, useState } from "react";

import type { LiveEvent } from "../api/types";
import type { LiveStatus } from "../events/connection";
import { useStream } from "../events/useStream";
import { snapshotQuery, type RunSnapshot } from "./api";
import { applyEvents, startLive, type LiveRun } from "./live";

type Action = { kind: "snapshot"; snapshot: RunSnapshot } | { kind: "events"; events: LiveEvent[] };

export function reduceLive(live: LiveRun | null, action: Action): LiveRun | null {
  if (action.kind === "events") return live && applyEvents(live, action.events);
  const fresh = startLive(action.snapshot.run, action.snapshot.metrics);
  if (!live || live.seq <= fresh.seq) return fresh;
  // The response is older than the events received in the meantime: use only fields that events do not contain.
  const { attempts, artifacts, environment, code_version, started_at, bit_reproducible, depends_on, needed_by, name, tags, note } = fresh.run;
  return { ...live, run: { ...live.run, attempts, artifacts, environment, code_version, started_at, bit_reproducible, depends_on, needed_by, name, tags, note } };
}

/** Events after which the run is read again, because they change attempts, files, tags or the states of needed runs. */
const REREAD: ReadonlySet<string> = new Set(["run.state", "run.environment", "run.finished", "run.waiting", "run.metrics_truncated", "run.artifact", "run.edited"]);

export interface LiveRunView {
  live: LiveRun | null;
  status: LiveStatus;
  error: Error | null;
}

/**
 * A run with its live updates: a snapshot, then its stream; read again when it ends, since attempts and files changed.
 * `address` may be a shortened id. The API completes it; streams and the keys of queries need the complete one.
 */
export function useLiveRun(address: string): LiveRunView {
  const client = useQueryClient();
  const id = useQuery(snapshotQuery(address)).data?.run.id ?? address;
  const query = useQuery(snapshotQuery(id));
  const [live, dispatch] = useReducer(reduceLive, null);
  const [seen, setSeen] = useState<RunSnapshot | undefined>(undefined);
  if (query.data !== undefined && query.data !== seen) {
    setSeen(query.data);
    dispatch({ kind: "snapshot", snapshot: query.data });
  }

  const receive = (events: LiveEvent[]) => {
    dispatch({ kind: "events", events });
    if (events.some((event) => REREAD.has(event.type))) {
      void client.invalidateQueries({ queryKey: ["run", id] });
    }
  };
  const status = useStream(`run/${id}`, seen?.run.last_event_seq ?? null, receive);
  return { live, status, error: query.error };
}
