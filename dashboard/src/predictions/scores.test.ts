import { expect, test } from "vitest";

import type { LiveScore, LiveScores } from "./api";
import { lossColumns } from "./scores";

const score = (start: string, fields: Partial<LiveScore>): LiveScore => ({
  version: 1,
  start,
  late: false,
  count: 1,
  answers: 1,
  loss: 1,
  naive_loss: 2,
  skill: null,
  hits: null,
  incumbent_count: 0,
  incumbent_loss: null,
  incumbent_skill: null,
  ...fields,
});

test("versions of one stretch are weighted by their points, and what was made late is left out", () => {
  const scores = {
    over_time: [
      score("2026-01-02T00:00:00Z", { loss: 5 }),
      score("2026-01-01T00:00:00Z", { count: 3, loss: 2, naive_loss: 4 }),
      score("2026-01-01T00:00:00Z", { version: 2, loss: 6, naive_loss: 8 }),
      score("2026-01-01T00:00:00Z", { late: true, loss: 1000 }),
      score("2026-01-03T00:00:00Z", { naive_loss: null }),
    ],
  } as LiveScores;
  const [times, ours, naive] = lossColumns(scores);
  expect(times).toEqual(["2026-01-01", "2026-01-02", "2026-01-03"].map((day) => Date.parse(`${day}T00:00:00Z`) / 1000));
  expect(ours).toEqual([3, 5, 1]);
  expect(naive).toEqual([5, 2, null]);
});
