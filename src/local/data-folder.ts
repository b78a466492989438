import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { LocalError } from "./errors.ts";
import { endProcess, runsWith } from "./processes.ts";

/** The embedded database's folder, locked by this process until it ends. */
export type DataFolder = {
  path: string;
  /** Stores the id of a server process, so that the next start can end it if this process could not. */
  note: (name: string, pid: number) => void;
  /** Stores the address of the database that this process serves, for other commands of this user: see `runningDatabase`. */
  noteDatabase: (url: string) => void;
  release: () => void;
};

type Note = { holder: number; children: Record<string, number>; database?: string };

const WAIT_MS = 2_500;

/**
 * Creates the folder if it is missing, locks it, and ends servers that a killed launcher left running. Throws LocalError when the
 * folder is not writable or another server uses it.
 */
export async function openDataFolder(wanted: string): Promise<DataFolder> {
  // Files created by this process and its servers are accessible to this user only.
  process.umask(0o077);
  const path = makeFolder(wanted);
  const noteFile = noteFileOf(path);
  const lock = await takeLock(path, noteFile);
  for (const pid of Object.values(readNote(noteFile)?.children ?? {})) {
    // The process id may have been reused: our servers have the folder in their command line.
    if (runsWith(pid, path)) await endProcess(pid);
  }
  const current: Note = { holder: process.pid, children: {} };
  const save = () => writeFileSync(noteFile, JSON.stringify(current));
  save();
  return {
    path,
    note: (name, pid) => {
      current.children[name] = pid;
      save();
    },
    noteDatabase: (url) => {
      current.database = url;
      save();
    },
    release: () => {
      rmSync(noteFile, { force: true });
      lock.close();
    },
  };
}

const noteFileOf = (path: string): string => join(path, "processes.json");

/** Returns the address, with its password, of the database that a server of this data folder serves; undefined where none does. */
export const runningDatabase = (path: string): string | undefined => readNote(noteFileOf(path))?.database;

function makeFolder(wanted: string): string {
  try {
    mkdirSync(wanted, { recursive: true, mode: 0o700 });
    const probe = join(wanted, `.probe-${process.pid}`);
    writeFileSync(probe, "");
    rmSync(probe);
    const path = realpathSync(wanted);
    chmodSync(path, 0o700);
    for (const name of readdirSync(path)) if (isOurs.test(name)) makePrivate(join(path, name));
    return path;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new LocalError(`The data folder ${wanted} cannot be written (${code}): set MILLIWAYS_DATA_DIR to one that can.`);
  }
}

// The folder may contain foreign files, whose modes stay unchanged.
const isOurs = /^(database|encryption-key.*|worker|site|interface|processes\.json|lock\.db.*|.*\.log)$/;

function makePrivate(path: string): void {
  const entry = lstatSync(path);
  if (entry.isDirectory()) {
    chmodSync(path, 0o700);
    for (const name of readdirSync(path)) makePrivate(join(path, name));
  } else if (entry.isFile()) chmodSync(path, 0o600);
}

// An open exclusive transaction is a lock of the operating system, which is released with its process, even after kill -9.
async function takeLock(path: string, noteFile: string): Promise<DatabaseSync> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const database = new DatabaseSync(join(path, "lock.db"));
    try {
      database.exec("BEGIN EXCLUSIVE");
      return database;
    } catch (error) {
      database.close();
      if (!(error instanceof Error) || !error.message.includes("locked")) throw error;
    }
    // A server that is shutting down may still hold the lock.
    if (Date.now() > deadline) {
      const holder = readNote(noteFile)?.holder;
      const who = holder === undefined ? "Another Milliways" : `Another Milliways (process ${holder})`;
      throw new LocalError(`${who} runs on the data folder ${path}: end it, or set MILLIWAYS_DATA_DIR to another folder.`);
    }
    await sleep(100);
  }
}

function readNote(file: string): Note | undefined {
  try {
    const note: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof note !== "object" || note === null || !("holder" in note) || !("children" in note)) return undefined;
    if (typeof note.holder !== "number" || typeof note.children !== "object" || note.children === null) return undefined;
    const children = Object.entries(note.children).filter((entry): entry is [string, number] => Number.isInteger(entry[1]));
    const database = "database" in note && typeof note.database === "string" ? { database: note.database } : {};
    return { holder: note.holder, children: Object.fromEntries(children), ...database };
  } catch {
    // Missing, or truncated by a kill during the write: no processes are recorded.
    return undefined;
  }
}
