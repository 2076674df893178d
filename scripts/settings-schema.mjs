// `npm run schema`: writes the JSON Schema of the settings anew, as it is published with the core.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as prettier from 'prettier'
import { prepare, root } from './prepare.mjs'

prepare()
const { createSettingsSchema } = await import('../packages/core/dist/settings-json-schema.js')
const file = join(root, 'packages', 'core', 'settings.schema.json')
const options = await prettier.resolveConfig(file)
writeFileSync(file, await prettier.format(JSON.stringify(createSettingsSchema()), { ...options, filepath: file }))
console.log(`Written: ${file}`)
