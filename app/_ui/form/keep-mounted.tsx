'use client';

import { useState, type ReactNode } from 'react';

/** Keeps its children mounted once they were shown, so that the result of an action inside stays visible. */
export function KeepMounted({ show, children }: { show: boolean; children: ReactNode }) {
  const [shown, setShown] = useState(show);
  if (show && !shown) setShown(true);
  return shown ? children : null;
}
