interface ImportMetaEnv {
  readonly VITE_PARLOR_SERVER?: string;
}
