import { useQuery } from "@tanstack/react-query";

import type { RunDetail } from "../api/types";
import { Card } from "../ui/Card";
import { ErrorNotice, Loading } from "../ui/Notice";
import { anyFigureQuery } from "./api";
import { FigureContent } from "./FigureContent";
import { contentOf, readable } from "./tables";

/** A figure of unknown shape: its values as a list, its lists as tables. */
export function AnyFigureCard({ run, name }: { run: RunDetail; name: string }) {
  const figure = useQuery(anyFigureQuery(run.id, name));
  return (
    <Card title={readable(name)} testId={`figure-${name}`}>
      {figure.error ? <ErrorNotice error={figure.error} /> : null}
      {figure.isLoading ? <Loading /> : null}
      {figure.data === undefined ? null : <FigureContent content={contentOf(figure.data)} caption={readable(name)} />}
    </Card>
  );
}
