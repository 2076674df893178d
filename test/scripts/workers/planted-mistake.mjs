// Imported before a program: an inserter that loses a page's last byte when it is a `>` that was held back.
import { Inserter } from '@facsimile/core'

const { end } = Inserter.prototype
Inserter.prototype.end = function (out) {
  end.call(this, out)
  const last = out.at(-1)
  if (last?.at(-1) === 0x3e) out[out.length - 1] = last.subarray(0, -1)
}
