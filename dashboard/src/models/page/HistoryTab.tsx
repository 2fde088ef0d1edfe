import { useInfiniteQuery } from "@tanstack/react-query";

import type { ModelDetail } from "../../api/types";
import { More } from "../../ui/More";
import { ErrorNotice } from "../../ui/Notice";
import { Skeleton } from "../../ui/Skeleton";
import { historyQuery } from "../api";
import AsOfCard from "../AsOfCard";
import { imageClasses } from "../dataSchema";
import { HistoryCard } from "../HistoryCard";
import css from "./Page.module.css";

/** The moves of the aliases with their reasons, and the state at a past moment. */
export default function HistoryTab({ model }: { model: ModelDetail }) {
  const history = useInfiniteQuery(historyQuery(model.name));
  return (
    <div className={css["stack"]}>
      {history.error ? <ErrorNotice error={history.error} /> : null}
      {history.isLoading ? <Skeleton lines={6} /> : null}
      {history.data ? <HistoryCard changes={history.data} more={<More list={history} />} /> : null}
      {model.version_list.length > 0 && imageClasses(model.version_list[0]) === null ? <AsOfCard model={model} /> : null}
    </div>
  );
}
