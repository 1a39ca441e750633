import { writeSync } from 'node:fs'

// Loaded before a gateway, so that what nobody caught shows in its log.
process.on('unhandledRejection', (reason) => say('rejection', reason))
process.on('uncaughtExceptionMonitor', (error) => say('exception', error))

function say (what: string, thrown: unknown): void {
  writeSync(2, `\nUNHANDLED ${what}: ${thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown)}\n`)
}
