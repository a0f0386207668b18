// One IndexedDB store of a clinic's, opened for each use and gone with its last record, so that nothing of it stays behind.
import { claim } from "./claim.ts";

const store = "kept";

/** Each call is one transaction, which is on the disk when the promise is kept; throws where storage is refused or full. */
export function shelf(name: string) {
  const alone = <T>(act: () => Promise<T>) => claim(`${name}:shelf`, act);

  return {
    put: (value: unknown, id: string) => alone(() => transact(name, (kept) => kept.put(value, id), true)),

    /** What `act` finds; undefined where nothing was ever put: looking leaves no trace. */
    look: <T>(act: (kept: IDBObjectStore) => IDBRequest<T>) => alone(() => transact(name, act)),

    /** Takes a record away, and with the last one the database; nobody can put one in between. */
    drop: (id: string) => alone(async () => {
      await transact(name, (kept) => kept.delete(id));
      if ((await transact(name, (kept) => kept.count())) === 0) await remove(name);
    }),

    clear: () => alone(() => remove(name)),
  };
}

function transact<T>(name: string, act: (kept: IDBObjectStore) => IDBRequest<T>, make = false): Promise<T | undefined> {
  return new Promise((done, fail) => {
    const opening = indexedDB.open(name);
    let missing = false;
    opening.onupgradeneeded = () => {
      if (make) opening.result.createObjectStore(store);
      else missing = true, opening.transaction!.abort();
    };
    opening.onerror = () => (missing ? done(undefined) : fail(opening.error));
    opening.onsuccess = () => {
      const { result: database } = opening;
      const transaction = database.transaction(store, "readwrite", { durability: "strict" });
      let result: T;
      transaction.onabort = () => (database.close(), fail(transaction.error));
      transaction.oncomplete = () => (database.close(), done(result));
      try {
        const asked = act(transaction.objectStore(store));
        asked.onsuccess = () => { ({ result } = asked); };
      } catch {
        transaction.abort(); // a browser that takes no keys, for instance
      }
    };
  });
}

function remove(name: string): Promise<void> {
  return new Promise((done, fail) => {
    const removing = indexedDB.deleteDatabase(name);
    removing.onsuccess = () => done();
    removing.onerror = () => fail(removing.error);
  });
}
