import type { Config } from '../config.ts'
import { startDemoModel } from '../demo/demo-model.ts'

/** The configured providers; without any, a scripted model that shows what the rules do. */
export async function openProviders (config: Config): Promise<{ readonly providers: Config['providers'], readonly close: () => Promise<void> | void }> {
  if (Object.keys(config.providers).length > 0) return { providers: config.providers, close () {} }
  const demo = await startDemoModel()
  return { providers: { demo: { format: 'openai-chat', baseUrl: demo.baseUrl, models: { demo: { name: 'Weir demo (scripted)' } }, keyless: true } }, close: demo.close }
}
