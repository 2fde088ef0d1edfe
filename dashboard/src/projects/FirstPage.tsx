import { useQuery } from "@tanstack/react-query";
import { lazy } from "react";
import { Redirect } from "wouter";

import { pathsOf } from "../routing/paths";
import { ErrorNotice, Loading } from "../ui/Notice";

import { projectToOpen } from "./lastProject";
import { projectsQuery } from "./session";

const NoProject = lazy(() => import("./chooser/NoProject").then((module) => ({ default: module.NoProject })));

/** Open the project that this browser showed last, or else the person's first one. */
export function FirstPage() {
  const { data, error } = useQuery(projectsQuery);
  if (error !== null) return <ErrorNotice error={error} />;
  if (data === undefined) return <Loading />;
  const slug = projectToOpen(data.items.map((each) => each.slug));
  return slug === null ? <NoProject /> : <Redirect to={pathsOf(slug).home} replace />;
}
