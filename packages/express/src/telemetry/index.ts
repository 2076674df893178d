// `@facsimile/express/telemetry`: spans and metrics for OpenTelemetry.
export { createTelemetry, type Telemetry, type TelemetrySettings } from './telemetry.js'
