// The parts of JupyterLab's interfaces that the extension uses.

export interface MimeModel {
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Renderer {
  readonly node: HTMLElement;
  readonly disposed: { connect(act: () => void): void };
  show(): void;
  removeClass(name: string): void;
  renderModel(model: MimeModel): Promise<void>;
}

export interface Factory {
  readonly safe: boolean;
  readonly mimeTypes: readonly string[];
  createRenderer(): Renderer;
}

export interface Registry {
  addFactory(factory: Factory, rank: number): void;
  createRenderer(mimeType: string, ...rest: unknown[]): Renderer;
}
