import { crc32 } from "node:zlib";
import type { Version } from "./version.ts";

/**
 * A frame of the journal holds one group of writes, all or nothing:
 * magic (4 bytes), payload bytes (4), position of its first change (8), number of changes (4),
 * checksum of the foregoing and the payload (4), payload (one line of JSON per change).
 */
export const frameHeaderBytes = 24;

/** No text in UTF-8 holds the byte 0xFF, so no payload can look like the start of a frame. */
const frameMagic = Buffer.from([0xff, 0x53, 0x57, 0xff]);
const newLine = 0x0a;

export interface Frame {
  readonly firstPosition: number;
  readonly changeCount: number;
  /** Where the next frame starts, relative to the start of this one. */
  readonly bytes: number;
  readonly payload: Buffer;
}

/**
 * The frame of these versions' lines in a buffer of its own, behind `room` unused bytes. The
 * lines are let go: from now on the versions point to their bytes, which are no burden to the
 * garbage collector.
 */
export function encodeFrame(
  versions: readonly Version[],
  firstPosition: number,
  room: number,
): Buffer {
  let bytes = room + frameHeaderBytes + versions.length;
  for (const { line = "" } of versions) bytes += Buffer.byteLength(line);
  const buffer = Buffer.allocUnsafe(bytes);
  const payloadStart = room + frameHeaderBytes;
  let end = payloadStart;
  for (const version of versions) {
    const start = end;
    end += buffer.write(version.line ?? "", start, "utf8");
    version.bytes = buffer;
    version.start = start;
    version.end = end;
    version.line = undefined;
    buffer[end] = newLine;
    end += 1;
  }
  frameMagic.copy(buffer, room);
  buffer.writeUInt32LE(end - payloadStart, room + 4);
  buffer.writeDoubleLE(firstPosition, room + 8);
  buffer.writeUInt32LE(versions.length, room + 16);
  buffer.writeUInt32LE(checksum(buffer, room, end), room + 20);
  return buffer;
}

/** How many bytes the frame at `start` claims to have; undefined when no frame starts there. */
export function claimedFrameBytes(buffer: Buffer, start: number): number | undefined {
  if (start + frameHeaderBytes > buffer.length) return undefined;
  if (frameMagic.compare(buffer, start, start + 4) !== 0) return undefined;
  return frameHeaderBytes + buffer.readUInt32LE(start + 4);
}

/** The position that the frame at `start` claims for its first change. */
export function claimedPosition(buffer: Buffer, start: number): number | undefined {
  if (claimedFrameBytes(buffer, start) === undefined) return undefined;
  return buffer.readDoubleLE(start + 8);
}

/** The frame at `start`; undefined when there is none or its checksum does not hold. */
export function decodeFrame(buffer: Buffer, start: number): Frame | undefined {
  const bytes = claimedFrameBytes(buffer, start);
  if (bytes === undefined || start + bytes > buffer.length) return undefined;
  if (buffer.readUInt32LE(start + 20) !== checksum(buffer, start, start + bytes)) return undefined;
  return {
    firstPosition: buffer.readDoubleLE(start + 8),
    changeCount: buffer.readUInt32LE(start + 16),
    bytes,
    payload: buffer.subarray(start + frameHeaderBytes, start + bytes),
  };
}

/** Where the next frame may start at or after `start`; -1 when nowhere in the buffer. */
export function findFrameMagic(buffer: Buffer, start: number): number {
  return buffer.indexOf(frameMagic, start);
}

/** A line of a frame: its place in the payload, and the position of its change. */
export interface FrameLine {
  readonly position: number;
  readonly start: number;
  readonly end: number;
}

export function linesOf(frame: Frame): FrameLine[] {
  const lines: FrameLine[] = [];
  let start = 0;
  for (let count = 0; count < frame.changeCount; count++) {
    const end = frame.payload.indexOf(newLine, start);
    lines.push({ position: frame.firstPosition + count, start, end });
    start = end + 1;
  }
  return lines;
}

function checksum(buffer: Buffer, start: number, end: number): number {
  const ofHeader = crc32(buffer.subarray(start + 4, start + 20));
  return crc32(buffer.subarray(start + frameHeaderBytes, end), ofHeader);
}
