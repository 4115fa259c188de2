// Reads simulations as a JSON list from standard input, and writes a list of results in their order.
// The argument is the folder whose node_modules holds the evaluator.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

const { runSimulation } = createRequire(join(process.argv[2], 'package.json'))('@cloud-copilot/iam-simulate')

const results = []
for (const simulation of JSON.parse(await text(process.stdin))) {
  const { overallResult, errors, result } = await runSimulation(simulation, {})
  results.push({ outcome: overallResult ?? null, errors: errors ?? null, ignored: result?.ignoredContextKeys ?? [] })
}
process.stdout.write(JSON.stringify(results))
