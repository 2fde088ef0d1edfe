import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { ModelDetail } from "../api/types";
import { answerApi, showPage } from "../testing-pages";
import { RollbackButton } from "./RollbackButton";

const model = { name: "load", champion: 3, version_list: [] } as unknown as ModelDetail;
const target = { alias: "champion", from_version: 3, to_version: 1, at: "2026-01-02T05:30:00Z", reason: "better" };
const scores = { classes: false, unit: "kW", total: [{ version: 1, late: false, loss: 2, naive_loss: 3, count: 12 }, { version: 3, late: true, loss: 9, naive_loss: 9, count: 9 }] };

describe("RollbackButton", () => {
  it("says what will serve, and needs two clicks", async () => {
    const user = userEvent.setup();
    const asked = answerApi({
      "GET /models/load/rollback": { body: target },
      "GET /models/load/versions/1": { body: { version: 1, plugin: "forecasting.ridge" } },
      "GET /models/load/live-scores": { body: scores },
      "POST /models/load/rollback": { body: {} },
    });
    showPage(<RollbackButton model={model} />);
    await user.click(await screen.findByTestId("rollback"));
    const dialog = await screen.findByRole("dialog");
    await waitFor(() => expect(screen.getByTestId("rollback-statement").textContent).toContain("Version 1 will serve; version 3 stops serving. Version 1 (forecasting.ridge) was promoted before"));
    await waitFor(() => expect(dialog.textContent).toContain("Live error of version 1: 2 kW, naive 3 kW. Points judged: 12."));
    expect(dialog.textContent).not.toContain("Live error of version 3"); // only predictions made in advance count
    await user.click(screen.getByTestId("confirm-rollback"));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(asked.filter(({ method }) => method === "POST").map(({ body }) => body)).toEqual([{ from_version: 3 }]);
  });

  it("keeps the dialog with the reason if the platform refuses", async () => {
    const user = userEvent.setup();
    answerApi({ "GET /models/load/rollback": { body: target }, "POST /models/load/rollback": { status: 409, body: { detail: "it does not point to version 3 any more", code: "conflict" } } });
    showPage(<RollbackButton model={model} />);
    await user.click(await screen.findByTestId("rollback"));
    await user.type(await screen.findByLabelText("Reason (optional)"), "errs at night");
    await user.click(screen.getByTestId("confirm-rollback"));
    expect((await screen.findByRole("alert")).textContent).toContain("does not point to version 3");
    expect(screen.getByLabelText<HTMLInputElement>("Reason (optional)").value).toBe("errs at night");
  });

  it("is absent where nothing can be rolled back", async () => {
    const asked = answerApi({ "GET /models/load/rollback": { body: { ...target, to_version: null } } });
    showPage(<RollbackButton model={model} />);
    await waitFor(() => expect(asked).toHaveLength(1));
    expect(screen.queryByTestId("rollback")).toBeNull();
  });
});
