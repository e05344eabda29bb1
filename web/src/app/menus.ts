// Menus are plain <details>: a click elsewhere or Escape closes them, as people expect of menus.
import { useEffect } from 'react';

export function useMenus(): void {
  useEffect(() => {
    const open = () => [...document.querySelectorAll<HTMLDetailsElement>('details.menu[open]')];
    const onPress = (event: PointerEvent) => {
      for (const menu of open()) if (!(event.target instanceof Node && menu.contains(event.target))) menu.open = false;
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      for (const menu of open()) {
        menu.open = false;
        menu.querySelector('summary')?.focus();
      }
    };
    document.addEventListener('pointerdown', onPress);
    document.addEventListener('keydown', onKey);
    return () => {
      document.removeEventListener('pointerdown', onPress);
      document.removeEventListener('keydown', onKey);
    };
  }, []);
}
