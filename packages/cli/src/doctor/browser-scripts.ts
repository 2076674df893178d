// What a browser did with the scripts of a page: which it ran, which failed, and what the policy of the page forbade.
import type { CDPSession } from 'playwright-core'

/** A script that the browser has read, and whether it ran. */
interface RanScript {
  /** That of the page, for a script that stands in it. */
  readonly url: string
  readonly source: string
  readonly hasRun: boolean
  /** What it threw. */
  readonly errors: readonly string[]
}

interface Violation {
  /** Such as `script-src-elem`. */
  readonly directive: string
  /** What was refused: a URL, or `inline`. */
  readonly blocked: string
  /** The source of the script that asked for it, where one did. */
  readonly by: string | undefined
}

export interface PageScripts {
  readonly scripts: readonly RanScript[]
  /** Without those that a policy only reports. */
  readonly violations: readonly Violation[]
}

interface Located {
  readonly scriptId?: string | undefined
}

const MAX_SCRIPTS = 500

/** Watches from now on; answers a function that tells what was seen. Nothing is put into the page. */
export async function watchScripts(session: CDPSession): Promise<() => Promise<PageScripts>> {
  const urls = new Map<string, string>()
  const errors = new Map<string, string[]>()
  const violations: { directive: string; blocked: string; scriptId: string | undefined }[] = []
  const onScript = ({ scriptId, url }: { scriptId: string; url: string }) => {
    if (urls.size < MAX_SCRIPTS) urls.set(scriptId, url)
  }
  session.on('Debugger.scriptParsed', onScript)
  session.on('Debugger.scriptFailedToParse', onScript)
  session.on('Runtime.exceptionThrown', ({ exceptionDetails }) => {
    const { exception, text, stackTrace } = exceptionDetails
    const { scriptId } = (
      exceptionDetails.scriptId === undefined ? stackTrace?.callFrames[0] : exceptionDetails
    ) as Located
    const message = (exception?.description ?? text).split('\n')[0] ?? ''
    if (scriptId !== undefined) errors.set(scriptId, [...(errors.get(scriptId) ?? []), message])
  })
  session.on('Audits.issueAdded', ({ issue }) => {
    const details = issue.details.contentSecurityPolicyIssueDetails
    if (details === undefined || details.isReportOnly) return
    const { violatedDirective, blockedURL, sourceCodeLocation } = details
    violations.push({
      directive: violatedDirective,
      blocked: blockedURL ?? 'inline',
      scriptId: sourceCodeLocation?.scriptId,
    })
  })
  for (const domain of ['Runtime', 'Debugger', 'Audits', 'Profiler'] as const) await session.send(`${domain}.enable`)
  // A page's `debugger` statement would stop it for good.
  await session.send('Debugger.setSkipAllPauses', { skip: true })
  await session.send('Profiler.startPreciseCoverage', { callCount: true, detailed: false })

  return async function tellScripts() {
    const { result } = await session.send('Profiler.takePreciseCoverage')
    const ran = new Set(
      result.filter(({ functions }) => (functions[0]?.ranges[0]?.count ?? 0) > 0).map(({ scriptId }) => scriptId),
    )
    const sources = new Map<string, string>()
    for (const scriptId of urls.keys()) sources.set(scriptId, await sourceOf(session, scriptId))
    return {
      scripts: Array.from(urls, ([scriptId, url]) => ({
        url,
        source: sources.get(scriptId) ?? '',
        hasRun: ran.has(scriptId),
        errors: errors.get(scriptId) ?? [],
      })),
      violations: violations.map(({ scriptId = '', ...violation }) => ({ ...violation, by: sources.get(scriptId) })),
    }
  }
}

/** Empty for a script that the browser has let go of. */
async function sourceOf(session: CDPSession, scriptId: string): Promise<string> {
  return session.send('Debugger.getScriptSource', { scriptId }).then(
    ({ scriptSource }) => scriptSource,
    () => '',
  )
}
