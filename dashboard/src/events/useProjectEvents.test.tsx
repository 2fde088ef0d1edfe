import { useQuery } from "@tanstack/react-query";
import { screen, waitFor } from "@testing-library/react";
import { act } from "react";
import { beforeEach, describe, expect, it } from "vitest";

import { get } from "../api/client";
import { modelsQuery } from "../models/api";
import { answerApi, LiveSocket, page, showPage } from "../testing-pages";
import { useProjectEvents } from "./useProjectEvents";

function Lists() {
  useProjectEvents("default");
  const models = useQuery({ ...modelsQuery, staleTime: Infinity });
  useQuery({ queryKey: ["predictions"], queryFn: ({ signal }) => get("/predictions", {}, signal), staleTime: Infinity });
  return <p>{models.data ? "read" : "reading"}</p>;
}

const send = (type: string) => act(() => LiveSocket.latest?.send([{ seq: 1, type, at: "2026-01-01T00:00:00Z", project: "default", data: {} }]));

beforeEach(() => (LiveSocket.latest = null));

describe("the list of models", () => {
  it.each(["prediction.judged", "prediction.judged_again", "model.drift"])("is read again after %s", async (type) => {
    const asked = answerApi({ "GET /models": { body: page([]) }, "GET /predictions": { body: page([]) } });
    showPage(<Lists />);
    await screen.findByText("read");
    send(type);
    await waitFor(() => expect(asked.filter(({ path }) => path === "/models")).toHaveLength(2));
  });

  it("is not read again for a prediction that is only made, unlike the ledger", async () => {
    const asked = answerApi({ "GET /models": { body: page([]) }, "GET /predictions": { body: page([]) } });
    showPage(<Lists />);
    await screen.findByText("read");
    send("prediction.made");
    await waitFor(() => expect(asked.filter(({ path }) => path === "/predictions")).toHaveLength(2));
    expect(asked.filter(({ path }) => path === "/models")).toHaveLength(1);
  });
});
