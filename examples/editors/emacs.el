;; Emacs 29 or newer, whose Eglot this is, with markdown-mode. Needs `pipx install '.[lsp]'` in taiga-notes' checkout.
;; Put this into ~/.emacs.d/init.el. The folder with taiga-notes.toml is the project.
;; Actions are code actions: M-x eglot-code-actions.
(with-eval-after-load 'project
  (add-to-list 'project-vc-extra-root-markers "taiga-notes.toml"))

(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs
               '((markdown-mode :language-id "markdown") . ("taiga-notes" "lsp"))))

(add-hook 'markdown-mode-hook
          (lambda ()
            (when (locate-dominating-file default-directory "taiga-notes.toml")
              (eglot-ensure))))
