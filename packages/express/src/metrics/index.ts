// `@facsimile/express/metrics`: what Prometheus collects.
export { createMetrics, type Metrics, type MetricsRegister, type MetricsSettings } from './metrics.js'
export type { MetricsHandler } from './metrics-handler.js'
