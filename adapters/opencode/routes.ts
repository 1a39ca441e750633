import { FILE_ROUTES } from './routes/files.ts'
import { INSTANCE_ROUTES } from './routes/instance.ts'
import type { Route } from './routes/route.ts'
import { SECOND_ENGINE_ROUTES } from './routes/second-engine.ts'
import { SESSION_ROUTES } from './routes/sessions.ts'

/** All 188 operations of OpenCode 1.18.33 (its `GET /doc`). What is not here does not exist for a client. */
export const ROUTES: readonly Route[] = [...SESSION_ROUTES, ...FILE_ROUTES, ...INSTANCE_ROUTES, ...SECOND_ENGINE_ROUTES]
