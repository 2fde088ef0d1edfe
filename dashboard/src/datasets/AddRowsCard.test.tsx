import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { DatasetVersion } from "../api/types";
import { answerApi, showPage, type Asked } from "../testing-pages";
import { AddRowsCard } from "./AddRowsCard";

const sales = { name: "sales", version: 1, source: "file", revisions: "refuse", deleted_at: null, dataset_schema: { time: "day" } } as DatasetVersion;
const added = { status: 201, body: { version: { ...sales, version: 2 }, rows_added: 2, rows_revised: 0, rows_repeated: 0, findings: [] } };
const which = { status: 422, body: { detail: "the workbook has 2 sheets: 'North', 'South'", code: "which_sheet", where: "option sheet", details: { sheets: ["North", "South"] } } };

const optionsOf = (asked: Asked | undefined) => JSON.parse((asked?.body as FormData).get("options") as string) as unknown;

async function choose(name: string) {
  const user = userEvent.setup();
  const input = document.querySelector<HTMLInputElement>("input[type=file]") as HTMLInputElement;
  await user.upload(input, new File(["x"], name));
  return user;
}

describe("AddRowsCard", () => {
  it("sends a table at once", async () => {
    const asked = answerApi({ "POST /datasets/sales/rows": added });
    showPage(<AddRowsCard dataset={sales} />);
    await choose("new.csv");
    expect(await screen.findByText(/Rows added: 2/)).toBeTruthy();
    expect(optionsOf(asked.find((one) => one.method === "POST"))).toEqual({});
  });

  it("asks for the sheet of a workbook, by the names that it has", async () => {
    const asked = answerApi({ "POST /datasets/sales/rows": (one) => ("sheet" in (optionsOf(one) as object) ? added : which) });
    showPage(<AddRowsCard dataset={sales} />);
    const user = await choose("new.xlsx");
    expect(asked.filter((one) => one.method === "POST")).toEqual([]);
    await user.click(screen.getByRole("button", { name: "Add the rows of this sheet" }));
    await user.selectOptions(await screen.findByRole("combobox", { name: "Sheet" }), "South");
    await user.click(screen.getByRole("button", { name: "Add the rows of this sheet" }));
    expect(await screen.findByText(/Rows added: 2/)).toBeTruthy();
    expect(asked.filter((one) => one.method === "POST").map(optionsOf)).toEqual([{}, { sheet: "South" }]);
  });
});
