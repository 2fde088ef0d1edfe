import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import { answerApi, showPage } from "../testing-pages";
import { UploadForm } from "./UploadForm";

const added = { status: 201, body: { id: "d1", name: "prices", version: 1, findings: [], created: true } };

/** Choose a file, let `change` fill the form in, send it; the options that were sent. */
async function sent(change: (user: ReturnType<typeof userEvent.setup>) => Promise<void> = () => Promise.resolve()) {
  const user = userEvent.setup();
  const asked = answerApi({ "POST /datasets": added, "POST /datasets/preview": { status: 422, body: {} } });
  showPage(<UploadForm onAdded={() => undefined} onClose={() => undefined} />);
  const input = document.querySelector<HTMLInputElement>("input[type=file]") as HTMLInputElement;
  await user.upload(input, new File(["day;price;store\n2024-01-01;1;a\n"], "prices.csv", { type: "text/csv" }));
  await screen.findByText("prices.csv");
  await change(user);
  await user.click(screen.getByRole("button", { name: "Add dataset" }));
  const form = asked.filter((one) => one.method === "POST").at(-1)?.body as FormData;
  return JSON.parse(form.get("options") as string) as Record<string, unknown>;
}

describe("UploadForm", () => {
  it("sends only what was chosen, so that the platform's defaults apply", async () => {
    expect(await sent()).toEqual({ time: "day", target: "price" });
  });

  it("sends a rule that was chosen, and the rest still by default", async () => {
    const options = await sent(async (user) => {
      await user.click(screen.getByText("Time zone, duplicates, gaps"));
      await user.selectOptions(screen.getByLabelText("Missing rows"), "forward_fill");
    });
    expect(options).toEqual({ time: "day", target: "price", gaps: "forward_fill" });
  });

  it("sends when columns become known, by column", async () => {
    const options = await sent(async (user) => {
      await user.click(screen.getByText("Time zone, duplicates, gaps"));
      await user.type(screen.getByLabelText("When values become known"), "max = temp = 6h; price=ahead;");
    });
    expect(options["available_after"]).toEqual({ "max = temp": "6h", price: "ahead" });
  });

  it("sends nothing of a file that is larger than the platform accepts", async () => {
    const user = userEvent.setup();
    const asked = answerApi({});
    showPage(<UploadForm onAdded={() => undefined} onClose={() => undefined} />);
    const file = new File(["day;price\n2024-01-01;1\n"], "huge.csv", { type: "text/csv" });
    Object.defineProperty(file, "size", { value: 2_000_000_000 });
    await user.upload(document.querySelector<HTMLInputElement>("input[type=file]") as HTMLInputElement, file);
    expect((await screen.findByRole("alert")).textContent).toMatch(/“huge.csv” has 2 GB; this platform accepts up to 536.9 MB. Nothing was sent./);
    expect(screen.queryByRole("region", { name: "Preview" })).toBeNull();
    await user.click(screen.getByRole("button", { name: "Add dataset" }));
    expect(asked).toEqual([]);
  });
});
