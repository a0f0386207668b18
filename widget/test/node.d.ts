// The tests use a few modules of Node's; that is too little to install its types for.
declare module "node:assert/strict";
declare module "node:fs";
declare module "node:test";
declare module "node:zlib";
declare module "node:crypto";
declare const process: { env: Record<string, string>; cpuUsage(since?: object): { user: number; system: number } };
