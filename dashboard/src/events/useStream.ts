import { useEffect, useEffectEvent, useState } from "react";

import type { LiveEvent } from "../api/types";
import { useSession } from "../projects/session";
import { LiveConnection, type LiveStatus } from "./connection";

/** Follow a stream after a cursor as long as the component is mounted; null waits. */
export function useStream(stream: string, after: number | "latest" | null, onEvents: (events: LiveEvent[]) => void): LiveStatus {
  const [status, setStatus] = useState<LiveStatus>("connecting");
  const receive = useEffectEvent(onEvents);
  const { slug } = useSession();
  const waits = after === null;
  // The connection advances its own cursor; a newer `after` from a refreshed query must not reopen it.
  const start = useEffectEvent(() => after ?? 0);
  useEffect(() => {
    if (waits) return undefined;
    const connection = new LiveConnection({ project: slug, stream, after: start(), onEvents: (events) => receive(events), onStatus: setStatus });
    return () => connection.close();
  }, [slug, stream, waits]);
  return status;
}
