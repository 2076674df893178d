// Puts an end to waiting.

/** Settles as `promise` does, or rejects after `timeoutMs` with an error that names `what` was waited for. */
export async function withDeadline(promise, timeoutMs, what) {
  let timer
  // This timer is not unref()ed: it is what keeps the process here while it waits.
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${timeoutMs} ms for ${what}, and gave up.`)), timeoutMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
