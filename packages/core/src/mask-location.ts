// Locations as they may be shown: in errors, logs and on the debug page, without the password.

/**
 * `location` with what stands between the first colon of the user part and the last `@` replaced by `***`, and the
 * same for parameters whose names speak of a secret. Written for strings that may be malformed: it masks too much
 * rather than too little.
 */
export function maskLocation(location: string): string {
  return location
    .replace(/^([^:]*:?\/\/)?([^:]*):(.*)@/s, '$1$2:***@')
    .replace(/([?&;][^=&;]*(?:pass|pwd|secret|token|key)[^=&;]*=)[^&;#]*/gi, '$1***')
}
