import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { useLocation } from "wouter";

import { createQueryClient } from "../api/queries";
import { Problem } from "../api/problem";
import { useTranslatedAnswers } from "../language/useTranslatedAnswers";
import { signInPath } from "../routing/paths";
import { ErrorNotice, Loading } from "../ui/Notice";
import { rememberProject } from "./lastProject";
import { projectQuery, SessionContext } from "./session";
import { UnknownProject } from "./UnknownProject";

/**
 * The pages of one project, with their own cache, because query keys do not contain the project. Use the slug as the
 * component's key: requests of the former project end with it.
 */
export function ProjectScope({ slug, children }: { slug: string; children: ReactNode }) {
  const [, navigate] = useLocation();
  const [client] = useState(() => createQueryClient(() => navigate(signInPath(), { replace: true })));
  const { data, error } = useQuery(projectQuery, client);
  useTranslatedAnswers(client);
  useEffect(() => () => void client.cancelQueries(), [client]);
  useEffect(() => {
    if (data !== undefined) rememberProject(data.slug);
  }, [data]);
  if (error instanceof Problem && error.status === 404) return <UnknownProject slug={slug} former={data?.name} />;
  if (data === undefined) return error === null ? <Loading /> : <ErrorNotice error={error} />;
  return (
    <QueryClientProvider client={client}>
      <SessionContext value={data}>{children}</SessionContext>
    </QueryClientProvider>
  );
}
