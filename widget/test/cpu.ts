// How much of the processor some work takes: not how long it took, since other programs run beside the tests.

/** Milliseconds, the least of three; in the kernel too, which books a short time there or here as it comes. */
export function cpu(work: () => void): number {
  return Math.min(...[1, 2, 3].map(() => {
    const begun = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(begun);
    return (user + system) / 1000;
  }));
}
