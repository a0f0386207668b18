// The tests use two modules of Node's; that is too little to install its types for.
declare module "node:assert/strict";
declare module "node:test";
