'use client';

import { useState, type ReactNode } from 'react';

/** Shows something when there is a reason to, and from then on until the page is left: an answer inside outlives its reason. */
export function Lasting({ show, children }: { show: boolean; children: ReactNode }) {
  const [shown, setShown] = useState(show);
  if (show && !shown) setShown(true);
  return shown ? children : null;
}
