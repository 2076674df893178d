// The style and the script of the debug page, read from the package when they are first asked for.
import { readFile } from 'node:fs/promises'

const FOLDER = new URL('../../assets/debug/', import.meta.url)
const FILES = {
  'style.css': 'text/css; charset=utf-8',
  'script.js': 'text/javascript; charset=utf-8',
} as const

export type AssetName = keyof typeof FILES

export interface Asset {
  readonly contentType: string
  readonly body: Buffer
}

const read = new Map<AssetName, Promise<Asset>>()

/** Rejects when the package is not complete. */
export function readAsset(name: AssetName): Promise<Asset> {
  const known = read.get(name)
  if (known !== undefined) return known
  const asset = readFile(new URL(name, FOLDER)).then((body) => ({ contentType: FILES[name], body }))
  read.set(name, asset)
  asset.catch(() => read.delete(name))
  return asset
}
