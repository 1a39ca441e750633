import { pino, type Logger } from 'pino'

/** Fields that can hold a credential, wherever they appear one or two levels deep. */
const SECRET_FIELDS = ['authorization', 'cookie', 'set-cookie', 'x-api-key', 'apiKey', 'token', 'password', 'key']

/** The log: JSON lines on standard error, so that standard output stays the program's own. */
export function openLog (level: string): Logger {
  const paths = SECRET_FIELDS.flatMap((field) => [`["${field}"]`, `*["${field}"]`, `*.*["${field}"]`])
  return pino({ level, base: null, redact: { paths, censor: '[redacted]' } }, pino.destination({ fd: 2, sync: true }))
}
