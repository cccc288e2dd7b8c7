import { limits } from "../../core/limits.ts";
import { PoolSpec } from "../../pool/pool.ts";
import { DeletedAnswer, PoolView } from "./pool-views.ts";
import { NoQuery, PageQuery } from "./requests.ts";
import type { RouteSpec } from "./route-spec.ts";
import { listPage } from "./views.ts";
import {
  LeaseAnswer,
  LeaseRequest,
  PoolParams,
  WorkerParams,
  WorkerRegistered,
  WorkerRegistration,
  WorkerView,
} from "./work.ts";

/** Pools of workers that fetch their work, and what those workers say. */
export const poolRoutes = {
  definePool: {
    method: "put",
    path: "/v1/pools/{name}",
    tag: "Pools",
    summary: "Define a pool",
    description:
      "Makes it or replaces what it says. A pool is a backend of its own name, so it cannot have the " +
      "name of a built-in one. Attempts that were handed out keep the terms they were given.",
    role: "admin",
    params: PoolParams,
    query: NoQuery,
    body: {
      schema: PoolSpec,
      example: {
        description: "Machines at the Tokyo site.",
        type: "edge",
        labels: { site: "tokyo", region: "ap-northeast-1" },
        latencyMs: 8,
        bandwidthMbps: 400,
        usdPerWorkerHour: 0.05,
      },
    },
    answers: {
      200: { description: "The pool, changed or as it was.", schema: PoolView },
      201: { description: "The pool is new.", schema: PoolView },
    },
    problems: ["name_taken", "limit_reached", "conflict"],
  },
  listPools: {
    method: "get",
    path: "/v1/pools",
    tag: "Pools",
    summary: "List the pools",
    description: "In the order of their names.",
    role: "viewer",
    query: PageQuery,
    answers: { 200: { description: "A page of pools.", schema: listPage(PoolView) } },
    problems: ["invalid_cursor"],
  },
  getPool: {
    method: "get",
    path: "/v1/pools/{name}",
    tag: "Pools",
    summary: "Show a pool",
    role: "viewer",
    params: PoolParams,
    query: NoQuery,
    answers: {
      200: { description: "The pool, and how many attempts wait for it.", schema: PoolView },
    },
    problems: ["pool_not_found"],
  },
  deletePool: {
    method: "delete",
    path: "/v1/pools/{name}",
    tag: "Pools",
    summary: "Delete a pool",
    description:
      "Refused while attempts wait in its line or run on its workers. Drain the workers, or wait: what " +
      `no worker fetches is routed elsewhere once the pool has had none for ${limits.workerSilenceMsMax / 1_000} s.`,
    role: "admin",
    params: PoolParams,
    query: NoQuery,
    answers: { 200: { description: "It is gone, with its workers.", schema: DeletedAnswer } },
    problems: ["pool_not_found", "pool_in_use", "conflict"],
  },
  listWorkers: {
    method: "get",
    path: "/v1/pools/{name}/workers",
    tag: "Pools",
    summary: "List a pool's workers",
    description: `Silent is whoever was not heard of for ${limits.workerSilenceMsMax / 1_000} s; an hour later it is forgotten.`,
    role: "viewer",
    params: PoolParams,
    query: PageQuery,
    answers: { 200: { description: "A page of workers.", schema: listPage(WorkerView) } },
    problems: ["pool_not_found", "invalid_cursor"],
  },
  registerWorker: {
    method: "put",
    path: "/v1/pools/{name}/workers/{worker}",
    tag: "Pools",
    summary: "Register a worker",
    description:
      "A worker says what it is before it asks for work, and again to refresh its doorbell. One that " +
      "names another session than before is a new process: what the old one had is tried again at once.",
    role: "worker",
    params: WorkerParams,
    query: NoQuery,
    body: {
      schema: WorkerRegistration,
      example: { slots: 4, labels: { host: "rack-7" }, version: "1.0.0", session: "k3v9x2" },
    },
    answers: {
      200: { description: "How to ask for work, and how often.", schema: WorkerRegistered },
    },
    problems: ["pool_not_found", "limit_reached", "conflict"],
  },
  drainWorker: {
    method: "post",
    path: "/v1/pools/{name}/workers/{worker}/drain",
    tag: "Pools",
    summary: "Drain a worker",
    description:
      "It gets nothing more and learns by its next lease that it is to finish what it has and go.",
    role: "worker",
    params: WorkerParams,
    query: NoQuery,
    answers: { 200: { description: "The worker, draining.", schema: WorkerView } },
    problems: ["worker_not_found", "conflict"],
  },
  removeWorker: {
    method: "delete",
    path: "/v1/pools/{name}/workers/{worker}",
    tag: "Pools",
    summary: "Remove a worker",
    description:
      "A worker says goodbye, or its owner says it for one that is gone. What it still had is tried " +
      "again elsewhere at once.",
    role: "worker",
    params: WorkerParams,
    query: NoQuery,
    answers: { 200: { description: "It is forgotten.", schema: DeletedAnswer } },
    problems: ["worker_not_found", "conflict"],
  },
  leaseWork: {
    method: "post",
    path: "/v1/pools/{name}/lease",
    tag: "Pools",
    summary: "Ask for work",
    description:
      "Answers attempts for the worker to run, as many as it has slots and as its fair share, the most " +
      "urgent first; waits for some where the host can. Each attempt goes to exactly one worker. One " +
      "request at a time for each worker.",
    role: "worker",
    params: PoolParams,
    query: NoQuery,
    body: {
      schema: LeaseRequest,
      example: { worker: "rack-7-k3v9x2", slots: 4, busy: 0, waitSeconds: 20, holding: [] },
    },
    answers: { 200: { description: "What it is to run now.", schema: LeaseAnswer } },
    problems: ["pool_not_found", "worker_not_found", "conflict"],
  },
} as const satisfies Record<string, RouteSpec>;
