// What stands on a zoomable map beside its drawing.
import type { IControl } from 'maplibre-gl';

/** Whose the boundaries are, always in full; as text, for it comes from a deployer's file. */
export class BoundaryNote implements IControl {
  private readonly element = document.createElement('p');

  constructor(text: string) {
    this.element.className = 'maplibregl-ctrl boundary-note';
    this.element.textContent = text;
  }

  onAdd(): HTMLElement {
    return this.element;
  }

  onRemove(): void {
    this.element.remove();
  }
}
