// The worker: one challenge in, one number out.
import { solve } from "./solve.ts";

onmessage = ({ data: [challenge, bits] }) => postMessage(solve(challenge, bits));
