import * as z from "zod";
import type { Deps } from "../deps.ts";
import { compileArtifactFilters } from "../filters/index.ts";
import { found, notFound } from "../http/errors.ts";
import { operation } from "../http/operation.ts";
import { presentArtifact, presentArtifactCollection, presentLatestArtifact } from "../present/artifacts.ts";
import {
  artifact,
  artifactCollection,
  artifactCollectionCount,
  artifactCollectionList,
  artifactCount,
  artifactCreate,
  artifactList,
  artifactUpdate,
} from "../schemas/artifacts.ts";
import { byId } from "../schemas/common.ts";
import {
  countArtifactCollections,
  countArtifacts,
  listArtifactCollections,
  listArtifacts,
  readArtifact,
  readArtifactCollection,
} from "../store/artifacts/read.ts";
import { createArtifact, deleteArtifact, updateArtifact } from "../store/artifacts/write.ts";

const tag = "Artifacts";
const absent = "Artifact not found.";

const collectionStamp = (deps: Deps) => ({ collection_id: deps.newId(), event_id: deps.newId(), now: deps.now() });

const objects = [
  operation({
    method: "POST",
    path: "/artifacts/",
    tag,
    scope: "write_artifacts",
    audited: false,
    summary: "Create Artifact",
    body: artifactCreate,
    response: artifact,
    status: 201,
    handle: async ({ body, deps }) => presentArtifact(await createArtifact(deps.db, deps.newId(), body, collectionStamp(deps))),
  }),
  operation({
    method: "GET",
    path: "/artifacts/{id}",
    tag,
    scope: "see_artifacts",
    summary: "Read Artifact",
    params: byId,
    response: artifact,
    handle: async ({ params, deps }) => presentArtifact(found(await readArtifact(deps.db, params.id), absent)),
  }),
  operation({
    method: "PATCH",
    path: "/artifacts/{id}",
    tag,
    scope: "write_artifacts",
    audited: false,
    summary: "Update Artifact",
    params: byId,
    body: artifactUpdate,
    handle: async ({ params, body, deps }) => {
      if (!(await updateArtifact(deps.db, params.id, body, deps.now()))) throw notFound(absent);
    },
  }),
  operation({
    method: "DELETE",
    path: "/artifacts/{id}",
    tag,
    scope: "manage_artifacts",
    audited: "artifact",
    summary: "Delete Artifact",
    params: byId,
    handle: async ({ params, deps }) => {
      if (!(await deleteArtifact(deps.db, params.id, { now: deps.now(), eventId: deps.newId() }))) throw notFound(absent);
    },
  }),
  operation({
    method: "GET",
    path: "/artifacts/{key}/latest",
    tag,
    scope: "see_artifacts",
    summary: "Read Latest Artifact",
    params: z.object({ key: z.string() }),
    response: artifact,
    errors: [404],
    handle: async ({ params, deps }) => presentLatestArtifact(found(await readArtifactCollection(deps.db, params.key), absent)),
  }),
];

const lists = [
  operation({
    method: "POST",
    path: "/artifacts/filter",
    tag,
    scope: "see_artifacts",
    summary: "Read Artifacts",
    body: artifactList,
    bodyRequired: false,
    response: z.array(artifact),
    handle: async ({ body: { sort, limit, offset, ...filters }, deps }) =>
      (await listArtifacts(deps.db, { where: compileArtifactFilters(filters), sort, limit, offset })).map(presentArtifact),
  }),
  operation({
    method: "POST",
    path: "/artifacts/count",
    tag,
    scope: "see_artifacts",
    summary: "Count Artifacts",
    body: artifactCount,
    bodyRequired: false,
    response: z.number().int(),
    handle: ({ body, deps }) => countArtifacts(deps.db, compileArtifactFilters(body)),
  }),
  operation({
    method: "POST",
    path: "/artifacts/latest/filter",
    tag,
    scope: "see_artifacts",
    summary: "Read Latest Artifacts",
    body: artifactCollectionList,
    bodyRequired: false,
    response: z.array(artifactCollection),
    handle: async ({ body: { sort, limit, offset, ...filters }, deps }) => {
      const where = compileArtifactFilters(filters);
      return (await listArtifactCollections(deps.db, { where, sort, limit, offset })).map(presentArtifactCollection);
    },
  }),
  operation({
    method: "POST",
    path: "/artifacts/latest/count",
    tag,
    scope: "see_artifacts",
    summary: "Count Latest Artifacts",
    body: artifactCollectionCount,
    bodyRequired: false,
    response: z.number().int(),
    handle: ({ body, deps }) => countArtifactCollections(deps.db, compileArtifactFilters(body)),
  }),
];

export const artifactOperations = [...objects, ...lists];
